"""Steps of a slider, each until the page has painted what follows from it."""

#: 100 steps of the first slider, each until it is painted, in milliseconds and in order.
STEPS = """async () => {
  const slider = document.getElementById("slider-0"), low = Number(slider.value), times = [];
  for (let step = 1; step <= 100; step++) {
    const painted = new Promise((done) => document.addEventListener("symconv:painted", done, { once: true }));
    const begin = performance.now();
    slider.value = `${low + step}`;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await painted;
    times.push(performance.now() - begin);
    await new Promise((done) => setTimeout(done, 20));
  }
  return times.sort((a, b) => a - b);
}"""
