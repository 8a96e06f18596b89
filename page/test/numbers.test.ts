import assert from "node:assert/strict";
import { test } from "node:test";
import { contrast, shade } from "../src/colour";
import { about, decimal, exact, grouped, log10, percent, quoted, ratio, read, short, tick, written } from "../src/numbers";

test("numbers are read as Python reads them", () => {
  for (const [text, over, under] of [
    ["224", 224, 1], [" 7 ", 7, 1], ["3/2", 3, 2], ["6/4", 3, 2], ["1.5", 3, 2], [".25", 1, 4], ["5.", 5, 1], ["1e3", 1000, 1],
    ["12e-1", 6, 5], ["-3", -3, 1], ["+3", 3, 1], ["-6/4", -3, 2],
  ] as const) {
    assert.deepEqual(read(text), [BigInt(over), BigInt(under)], text);
  }
  for (const text of ["", "abc", "1/0", "1 000", "1e9999", "١", "1.5/2", "--1", "0x10", "1_000", ".", "9".repeat(5000)]) {
    assert.equal(read(text), null, text);
  }
});

test("figures are set as Python sets them", () => {
  const whole = (n: bigint): string => about([n, 1n]);
  assert.equal(whole(4096000n), "4\u202f096\u202f000");
  assert.equal(whole(15470264320n), "15.47 G");
  assert.equal(whole(9999999n), "9\u202f999\u202f999");
  assert.equal(whole(99999999n), "100.0 M");
  assert.equal(whole(3n * 10n ** 25n), "3.000·10²⁵");
  assert.equal(exact([3n, 2n]), "3/2");
  assert.equal(about([1n, 2n]), "1/2");
  assert.equal(about([10n ** 30n + 1n, 3n]), "3.333·10²⁹");
  assert.equal(exact([-1234n, 1n]), "-1\u202f234");
  assert.equal(grouped(138357544n), "138\u202f357\u202f544");
});

test("shares are percents, halves to the even tenth", () => {
  assert.equal(percent([1n, 3n], [1n, 1n]), "33.3 %");
  assert.equal(percent([1n, 10000n], [1n, 1n]), "<0.1 %");
  assert.equal(percent([0n, 1n], [5n, 1n]), "0 %");
  assert.equal(percent([1n, 1n], [0n, 1n]), "0 %");
  assert.equal(percent([25n, 1n], [10000n, 1n]), "0.2 %");
  assert.equal(percent([35n, 1n], [10000n, 1n]), "0.4 %");
});

test("ratios have three digits", () => {
  assert.equal(ratio([4089184256n, 1n], [15470264320n, 1n]), "×0.264");
  assert.equal(ratio([1n, 1n], [0n, 1n]), "");
  assert.equal(ratio([5n, 1n], [2n, 1n]), "×2.5");
  assert.equal(ratio([1n, 1n], [10n ** 9n, 1n]), "×<0.001");
});

test("thousands of digits are grouped in no time", () => {
  const begin = performance.now();
  assert.equal(grouped(10n ** 99999n).length, 100000 + 33333);
  assert.ok(performance.now() - begin < 1000);
});

test("logarithms are of numbers of any size", () => {
  assert.ok(Math.abs(log10([10n ** 5000n, 1n]) - 5000) < 1e-9);
  assert.ok(Math.abs(log10([1n, 8n]) - Math.log10(1 / 8)) < 1e-12);
});

test("ticks are short", () => {
  assert.deepEqual([0, 2500, 2e6, 1.5e9, 1e15, 0.25].map(tick), ["0", "2\u202f500", "2 M", "1.5 G", "1 P", "0.25"]);
  assert.equal(decimal([339n, 100n]), "3.39");
  assert.equal(decimal([1n, 3n]), "1/3");
});

test("long numbers and texts are cut", () => {
  assert.equal(written([10n ** 69n, 1n]), `1${"0".repeat(39)}… (70 characters)`);
  assert.equal(quoted("a\u202eb\n"), "'a\\u202eb\\n'");
  assert.equal(quoted("a\u00a0b"), "'a\\xa0b'");
});

test("names of strangers are one short line", () => {
  assert.equal(short("a\nb"), "a\\nb");
  assert.equal(short("x".repeat(10000), 9), "xxxxx…xxx");
  assert.equal(short("\u202eevil"), "\\u202eevil");
});

test("shades are those of the diagrams", () => {
  const light = { light: 1.0, saturated: 0.66, chroma: 0.12, hue: 252, ink: "#111111", paper: "#ffffff" };
  assert.deepEqual([shade(light, 0).fill, shade(light, 1).fill], ["#ffffff", "#5896d9"]);
  assert.equal(shade(light, 1).text, "#111111");
  assert.equal(Math.round(contrast("#000000", "#ffffff")), 21);
});
