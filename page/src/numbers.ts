/**
 * Numbers: exact fractions, how they are read from a box and how they are shown.
 *
 * What is read and what is said of it is symconv/evaluation.py's; figures look as symconv/writers/wording.py sets them.
 */

/** A fraction in lowest terms, the denominator at least 1. */
export type Fraction = readonly [over: bigint, under: bigint];

export const ZERO: Fraction = [0n, 1n];

export function gcd(a: bigint, b: bigint): bigint {
  while (b) [a, b] = [b, a % b];
  return a < 0n ? -a : a;
}

export function fraction(over: bigint, under: bigint): Fraction {
  if (under === 1n) return [over, under];
  const shared = gcd(over, under);
  return [over / shared, under / shared];
}

export function sum(a: Fraction, b: Fraction): Fraction {
  return a[1] === b[1] && a[1] === 1n ? [a[0] + b[0], 1n] : fraction(a[0] * b[1] + b[0] * a[1], a[1] * b[1]);
}

export function times(a: Fraction, n: bigint): Fraction {
  return fraction(a[0] * n, a[1]);
}

export function difference(a: Fraction, b: Fraction): Fraction {
  return sum(a, [-b[0], b[1]]);
}

/** −1, 0 or 1 as a is below, equal to or above b. */
export function compare(a: Fraction, b: Fraction): -1 | 0 | 1 {
  const left = a[0] * b[1];
  const right = b[0] * a[1];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The nearest float of a quotient, to 50 digits or so in binary; of any two numbers, however large. */
export function quotient(a: Fraction, b: Fraction): number {
  const under = a[1] * b[0];
  if (!under) return NaN;
  const scaled = Number((a[0] * b[1] * SCALE) / under);
  return scaled / Number(SCALE);
}
const SCALE = 1n << 60n;

/** The logarithm of a number above 0, however large. */
export function log10([over, under]: Fraction): number {
  return log10Of(over) - log10Of(under);
}

/** By its leading digits in base 16, into which a BigInt is written in no time. */
function log10Of(n: bigint): number {
  const digits = n.toString(16);
  const lead = digits.slice(0, 13);
  return Math.log10(Number(`0x${lead}`)) + (digits.length - lead.length) * Math.log10(16);
}

/** The whole number near to a power of ten, whose exponent is at least 0. */
export function powerOfTen(exponent: number): bigint {
  if (exponent <= DIGITS) return BigInt(Math.round(10 ** exponent));
  const whole = Math.floor(exponent);
  return BigInt(Math.round(10 ** (exponent - whole + DIGITS))) * 10n ** BigInt(whole - DIGITS);
}
const DIGITS = 15;

// -- reading ---------------------------------------------------------------------------------------------------------

/** Python's NUMBER of symconv/evaluation.py. */
const NUMBER = /^[ \t-\r]*([+-]?)(?:(\d+)\/(\d+)|(?:(\d+)\.?(\d*)|\.(\d+))(?:[eE]([+-]?\d{1,3}))?)[ \t-\r]*$/;
/** Python reads no integers of more digits. */
const MOST_DIGITS = 4300;

/** The number that a text is; null where it is none. */
export function read(text: string): Fraction | null {
  const found = NUMBER.exec(text);
  if (!found || text.length > MOST_DIGITS) return null;
  const [, sign, over, under, whole = "", decimals = "", bare = "", power = "0"] = found;
  const signed = (n: bigint): bigint => (sign === "-" ? -n : n);
  if (over !== undefined && under !== undefined) {
    const below = BigInt(under);
    return below ? fraction(signed(BigInt(over)), below) : null;
  }
  const places = decimals + bare;
  const shift = Number(power) - places.length;
  const digits = signed(BigInt(whole + places));
  return shift < 0 ? fraction(digits, 10n ** BigInt(-shift)) : [digits * 10n ** BigInt(shift), 1n];
}

/** A number as it is written in a sentence, 224 or 3/2, cut where it is long. */
export function written([over, under]: Fraction): string {
  return cut(under === 1n ? `${over}` : `${over}/${under}`);
}

/** A number on a plot: as a decimal where it is one of few places, 3.39. */
export function decimal(number: Fraction): string {
  const [over, under] = times(number, 1_000_000n);
  return under === 1n && number[1] !== 1n ? `${Number(over) / 1e6}` : written(number);
}

/** A size as it is typed. */
export function plain(size: Fraction): string {
  if (size[1] === 1n) return `${size[0]}`;
  const short = decimal(size);
  return read(short) ? short : `${size[0]}/${size[1]}`;
}

/** A text as Python writes it in quotation marks, cut where it is long. */
export function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inside = Array.from(text, (c) => (c === mark || c === "\\" ? `\\${c}` : UNPRINTED.test(c) ? escaped(c) : c));
  return cut(mark + inside.join("") + mark);
}

function cut(text: string): string {
  const letters = Array.from(text);
  return letters.length <= 60 ? text : `${letters.slice(0, 40).join("")}… (${letters.length} characters)`;
}

/** What Python's repr escapes, and what a name shows escaped: not the joiners of scripts and emoji. */
const UNPRINTED = /(?! )[\p{C}\p{Z}]/u;
const HIDDEN = /(?![\u200c\u200d])[\p{C}\u2028\u2029]/u;
const ESCAPES = new Map([["\n", "\\n"], ["\r", "\\r"], ["\t", "\\t"]]);

/** A character, or its escape where it cannot be seen or turns the text around it. */
function seen(c: string): string {
  return HIDDEN.test(c) ? escaped(c) : c;
}

function escaped(c: string): string {
  const code = c.codePointAt(0) ?? 0;
  const [letter, width] = code < 0x100 ? ["x", 2] : code < 0x10000 ? ["u", 4] : ["U", 8];
  return ESCAPES.get(c) ?? `\\${letter}${code.toString(16).padStart(width as number, "0")}`;
}

/** A stranger's name on one line, what cannot be seen as its escape, the middle of a long one left out. */
export function short(name: string, limit = 40): string {
  const letters = Array.from(name.length > 20 * limit ? name.slice(0, 10 * limit) + name.slice(-10 * limit) : name, seen);
  if (letters.join("").length <= limit) return letters.join("");
  const tail = Math.floor(limit / 3);
  return within(letters, limit - 1 - tail).join("") + "…" + within(letters.reverse(), tail).reverse().join("");
}

function within(letters: string[], limit: number): string[] {
  let left = limit;
  const end = letters.findIndex((letter) => (left -= letter.length) < 0);
  return end < 0 ? letters : letters.slice(0, end);
}

// -- showing ---------------------------------------------------------------------------------------------------------

/** A whole number with its thousands apart. */
export function grouped(n: bigint): string {
  if (n < 0n) return `-${grouped(-n)}`;
  const digits = n.toString();
  const first = digits.length % 3 || 3;
  const groups = [digits.slice(0, first)];
  for (let i = first; i < digits.length; i += 3) groups.push(digits.slice(i, i + 3));
  return groups.join("\u202f");
}

/** A number in full. */
export function exact([over, under]: Fraction): string {
  return under === 1n ? grouped(over) : `${grouped(over)}/${grouped(under)}`;
}

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A fraction that stands as it is where figures are rounded: of no more characters. */
const SHORT = 20;

/**
 * A number rounded: with its thousands apart below ten million, from there on to four digits with a prefix. A short
 * fraction is not.
 */
export function about([over, under]: Fraction): string {
  if (over < 0n) return `−${about([-over, under])}`;
  const fraction = under === 1n ? "" : `${over}/${under}`;
  return fraction && fraction.length <= SHORT ? fraction : rounded((2n * over + under) / (2n * under));
}

function rounded(whole: bigint): string {
  if (whole < 10_000_000n) return grouped(whole);
  const unit = 10n ** BigInt(whole.toString().length - 4);
  const digits = (((2n * whole + unit) / (2n * unit)) * unit).toString();
  const size = digits.length - 1;
  if (size >= 21) {
    const power = Array.from(`${size}`, (d) => SUPERSCRIPTS[Number(d)]).join("");
    return `${digits[0]}.${digits.slice(1, 4)}·10${power}`;
  }
  const point = (size % 3) + 1;
  const shown = digits.slice(0, point) + (point < 4 ? `.${digits.slice(point, 4)}` : "");
  return `${shown} ${"MGTPE"[Math.floor(size / 3) - 2]}`;
}

/** A share in percent, one place; halves go to the even tenth, as Python rounds. */
export function percent(part: Fraction, whole: Fraction): string {
  const over = part[0] * whole[1];
  const under = part[1] * whole[0];
  if (!over || !under) return "0 %";
  let tenths = (1000n * over) / under;
  const rest = 2n * ((1000n * over) % under);
  if (rest > under || (rest === under && tenths % 2n)) tenths += 1n;
  return tenths ? `${tenths / 10n}.${tenths % 10n} %` : "<0.1 %";
}

/** How many times another number a number is, to three digits: ×0.264. */
export function ratio(a: Fraction, b: Fraction): string {
  if (!b[0]) return "";
  const [over, under] = fraction(a[0] * b[1], a[1] * b[0]);
  if (over >= 1000n * under) return `×${rounded((2n * over + under) / (2n * under))}`;
  const value = quotient([over, under], [1n, 1n]);
  return over && value < 0.001 ? "×<0.001" : `×${Number(value.toPrecision(3))}`;
}

/** A float on an axis: 20 G, 0.05. */
export function tick(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e21) {
    const [digits, power] = value.toExponential().split("e");
    return `${digits}e${Number(power)}`;
  }
  if (size >= 1e6) {
    const prefix = Math.floor(Math.log10(size * (1 + 1e-12)) / 3);
    return `${Number((value / 10 ** (3 * prefix)).toPrecision(6))} ${"MGTPE"[prefix - 2]}`;
  }
  return Number.isInteger(value) ? grouped(BigInt(value)) : `${Number(value.toPrecision(6))}`;
}
