// Sizes are read as whole numbers of any length, multipliers as fractions or decimals; what is outside the domain is
// said in the domain's own words, and the last good figures stay.
const apart = (n) => n.toString().replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
const exact = ([n, d]) => (n % d === 0n ? apart(n / d) : `${apart(n)}/${apart(d)}`);
const about = ([n, d]) => {
  const whole = (2n * n + d) / (2n * d), digits = whole.toString().length;
  if (digits < 8) return apart(whole);
  const unit = 10n ** BigInt(digits - 4), four = ((2n * whole + unit) / (2n * unit)).toString();
  const size = four.length + digits - 5, point = (size % 3) + 1, prefix = "MGTPE"[Math.floor(size / 3) - 2];
  const shown = four.slice(0, point) + (point < 4 ? "." + four.slice(point, 4) : "");
  return prefix ? `${shown} ${prefix}` : `${four[0]}.${four.slice(1, 4)}·10^${size}`;
};
const percent = (share, some) => {
  const tenths = Math.round(share * 1000);
  return tenths ? `${Math.floor(tenths / 10)}.${tenths % 10} %` : some ? "<0.1 %" : "0 %";
};
const read = (text, k) => {
  const found = /^\s*(\d{1,4000})(?:\.(\d{1,300})|\s*\/\s*(\d{1,300}))?\s*$/.exec(text);
  if (!found || (!rational[k] && (found[2] || found[3]))) {
    throw new RangeError(`${names[k]}: a ${rational[k] ? "fraction or decimal" : "whole number"} is wanted`);
  }
  if (!rational[k]) return [BigInt(found[1])];
  const pair = found[3] ? [BigInt(found[1]), BigInt(found[3])]
    : [BigInt(found[1] + (found[2] ?? "")), 10n ** BigInt((found[2] ?? "").length)];
  if (!pair[0] || !pair[1]) throw new RangeError(`${names[k]}: more than 0 is wanted`);
  return pair;
};
for (const root of document.querySelectorAll('[data-symconv="MARK"]:not([data-ready])')) {
  root.dataset.ready = "yes";
  const labels = [...root.querySelectorAll("label")];
  const boxes = labels.map((l) => l.querySelector(".box")), sliders = labels.map((l) => l.querySelector(".slider"));
  const rows = [...root.querySelectorAll("[data-metric]")], bars = [...root.querySelectorAll(".stages .share")];
  const fault = root.querySelector(".fault");
  const show = () => {
    let values;
    try {
      const at = boxes.flatMap((box, k) => read(box.value, k));
      values = metrics.map((f) => f(...at));
      const parts = stages.map((f) => f(...at)), [n, d] = values[0];
      bars.forEach((bar, k) => {
        const share = n ? Number((parts[k][0] * d * 1000000n) / (parts[k][1] * n)) / 1000000 : 0;
        bar.style.setProperty("--share", share);
        bar.textContent = percent(share, parts[k][0]);
      });
    } catch (error) {
      fault.textContent = error.message;
      root.classList.add("stale");
      return;
    }
    fault.textContent = "";
    root.classList.remove("stale");
    rows.forEach((row, k) => {
      const [, one, other] = row.children;
      one.textContent = exact(values[k]);
      other.textContent = about(values[k]);
    });
  };
  boxes.forEach((box, k) => {
    box.addEventListener("input", () => {
      if (sliders[k]) sliders[k].value = box.value;
      show();
    });
    sliders[k]?.addEventListener("input", () => {
      box.value = sliders[k].value;
      show();
    });
  });
}
