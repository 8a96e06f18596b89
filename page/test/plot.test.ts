import assert from "node:assert/strict";
import { test } from "node:test";
import { axisOf, linearTicks, logTicks } from "../src/axis";
import { type Order, runs, told, withEnds } from "../src/crossover";
import { refined } from "../src/curve";
import { type Fraction, powerOfTen } from "../src/numbers";
import { between, indexOf, sampled, usual } from "../src/range";

const all = (): boolean => true;
const size = (index: bigint): string => `X = ${index}`;

test("a change is found between neighbours, whatever was looked at", () => {
  const order = (index: bigint): Order => (index < 240n ? -1 : 1);
  for (const sizes of [[1n, 1000n], [1n, 239n, 240n, 1000n], Array.from({ length: 1000 }, (_, i) => BigInt(i + 1))]) {
    const found = runs(sizes, order);
    assert.deepEqual(told(found, size, true), ["costs less than", "up to X = 239, more from X = 240 on"]);
  }
});

test("equal costs are a run of their own", () => {
  const found = runs([1n, 100n], (index) => (index < 50n ? -1 : index < 52n ? 0 : 1));
  assert.deepEqual(told(found, size, true), ["costs less than", "up to X = 49, the same from X = 50 to X = 51, more from X = 52 on"]);
});

test("sizes without figures are passed over", () => {
  const found = runs([16n, 320n], (index) => (index % 16n ? null : index < 240n ? -1 : 1));
  assert.deepEqual(told(found, size, true), ["costs less than", "up to X = 224, more from X = 240 on"]);
});

test("where nothing changes that is said, and where nothing is common too", () => {
  assert.deepEqual(told(runs([1n, 9n], () => 1), size, true), ["costs more than", "from X = 1 to X = 9"]);
  assert.deepEqual(told(runs([1n, 9n], () => null), size, true), ["and", "have no size in common here"]);
  assert.deepEqual(told(runs([1n, 9n], (i) => (i === 9n ? 0 : null)), size, true), ["costs the same as", "at X = 9, the only size of both here"]);
});

test("a long list is cut", () => {
  const all = Array.from({ length: 40 }, (_, i) => BigInt(i));
  assert.match(told(runs(all, (index) => (index % 2n ? 1 : -1)), size, true)[1], / and 33 more$/);
});

test("a range of whole numbers, and one of hundredths", () => {
  assert.deepEqual(between([1n, 2n], [9n, 2n], 1n, false), { low: 1n, high: 4n, per: 1n });
  assert.deepEqual(between([0n, 1n], [1n, 1n], 0n, true), { low: 1n, high: 100n, per: 100n });
  assert.equal(between([5n, 1n], [5n, 1n], 1n, false), null);
});

test("a range starts with the slider's, or around the value", () => {
  assert.deepEqual(usual([224n, 1n], { slider: [32, 896, 1], per: 1 }, 1n), [[32n, 1n], [896n, 1n]]);
  assert.deepEqual(usual([1n, 1n], { slider: null, per: 1 }, null), [[1n, 4n], [4n, 1n]]);
  assert.deepEqual(usual([1n, 1n], { slider: [1, 40, 1], per: 20 }, null), [[1n, 20n], [2n, 1n]]);
});

test("sampled sizes rise and have both ends", () => {
  for (const scale of ["linear", "log"] as const) {
    const found = sampled({ low: 3n, high: 10n ** 20n, per: 1n }, scale, 600, all);
    assert.equal(found[0], 3n);
    assert.equal(found.at(-1), 10n ** 20n);
    assert.ok(found.every((index, i) => i === 0 || index > (found[i - 1] as bigint)));
  }
  const legal = (index: bigint): boolean => index % 16n === 12n;
  const stepped = sampled({ low: 1n, high: 10000n, per: 1n }, "linear", 100, legal);
  assert.ok(stepped.slice(1, -1).every(legal));
  assert.deepEqual([stepped[0], stepped.at(-1)], [1n, 10000n]);
  assert.equal(sampled({ low: 1n, high: 1500n, per: 1n }, "log", 1500, all).length, 1500);
});

test("ends beyond every float are sampled too", () => {
  for (const scale of ["linear", "log"] as const) {
    const found = sampled({ low: 1n, high: 10n ** 400n, per: 1n }, scale, 100, all);
    assert.equal(found.length, 100);
    assert.equal(found.at(-1), 10n ** 400n);
    if (scale === "log") assert.equal(`${found[50]}`.length, 203);
  }
});

test("a multiplier has finer parts than hundredths where it has few of them", () => {
  assert.deepEqual(between([1n, 4000n], [4n, 1000n], 0n, true), { low: 3n, high: 40n, per: 10000n });
  assert.equal(between([-5n, 1n], [100n, 1n], 1n, false), null);
});

test("the nearest size of a range", () => {
  const range = { low: 3n, high: 90n, per: 10n };
  assert.deepEqual(([[1n, 100n], [1n, 2n], [64n, 100n], [9n, 1n], [99n, 1n]] as Fraction[]).map((size) => indexOf(range, size)), [3n, 5n, 6n, 90n, 90n]);
});

test("ticks of a logarithmic axis are round", () => {
  const axis = axisOf("log", [1n, 1n], [1000n, 1n]);
  assert.deepEqual(logTicks(0, 3, 8).map(axis.text), ["1", "2", "5", "10", "20", "50", "100", "200", "500", "1\u202f000"]);
  assert.deepEqual(logTicks(390, 400, 8).map(axis.text), ["1e390", "1e392", "1e394", "1e396", "1e398", "1e400"]);
  assert.deepEqual(logTicks(Math.log10(210), Math.log10(310), 5).map(axis.text), ["220", "240", "260", "280", "300"]);
});

test("ticks of a linear axis are round and never without end", () => {
  assert.deepEqual(linearTicks(0, 1000, 5), [0, 200, 400, 600, 800, 1000]);
  assert.deepEqual(linearTicks(0.3, 0.7, 4), [0.3, 0.4, 0.5, 0.6, 0.7]);
  assert.deepEqual(linearTicks(5, 5, 4), []);
  assert.ok(linearTicks(1e17, 1e17 + 16, 4).length < 8);
});

test("an axis has a place for numbers that floats have not", () => {
  const close = axisOf("linear", [10n ** 17n, 1n], [10n ** 17n + 9n, 1n]);
  assert.deepEqual([0n, 1n, 9n].map((more) => close.place([10n ** 17n + more, 1n])), [0, 1, 9]);
  assert.equal(close.suffix.replaceAll("\u202f", " "), " − 100 000 000 000 000 000");
  assert.deepEqual(close.number(4), [10n ** 17n + 4n, 1n]);
  const great = axisOf("linear", [0n, 1n], [5n * 10n ** 400n, 1n]);
  const place = great.place([2n * 10n ** 400n, 1n]) as number;
  assert.ok(Number.isFinite(place));
  assert.deepEqual([place, 0].map(great.text), ["2e400", "0"]);
  assert.equal(axisOf("linear", [0n, 1n], [3n * 10n ** 18n, 1n]).text(2e15), "2 E");
  const log = axisOf("log", [1n, 1n], [10n ** 400n, 1n]);
  assert.ok(Math.abs((log.place([10n ** 400n, 1n]) as number) - 400) < 1e-9);
  assert.equal(log.place([0n, 1n]), null);
});

test("powers of ten are near", () => {
  assert.equal(powerOfTen(2), 100n);
  assert.equal(powerOfTen(400), 10n ** 400n);
});

test("places are refined from the ends to the middle", () => {
  assert.deepEqual([...refined(9)], [0, 8, 4, 2, 6, 1, 3, 5, 7]);
  for (const length of [0, 1, 2, 600, 1500]) assert.equal(refined(length).size, length);
});

test("the first and the last common size are looked for, and what was not looked at is not claimed", () => {
  const order = (index: bigint): Order | null => (index < 188n || index % 16n !== 12n ? null : index < 330n ? -1 : 1);
  const sizes = [1n, 572n, 5000n, 10004n, 30000n];
  assert.deepEqual(withEnds(sizes, order), [1n, 188n, 572n, 5000n, 10004n, 29996n, 30000n]);
  const found = runs(withEnds(sizes, order), order);
  const [verb, where] = told(found, size, false);
  assert.equal(`${verb} ${where}`, `costs less than up to X = 316, more from X = 332 on, among the ${found[0]!.looked + found[1]!.looked} sizes of both that were looked at`);
  assert.match(told([{ order: 1, from: 1n, to: 9n, looked: 3 }], size, false)[1], /at all 3 sizes of both that were looked at$/);
  assert.deepEqual(told([], size, false), ["and", "have no size in common that was looked at"]);
});
