import assert from "node:assert/strict";
import { test } from "node:test";
import { type Order, runs, told } from "../src/crossover";
import { between, logTicks, sampled, usual } from "../src/range";

const size = (index: bigint): string => `X = ${index}`;

test("a change is found between neighbours, whatever was looked at", () => {
  const order = (index: bigint): Order => (index < 240n ? -1 : 1);
  for (const sizes of [[1n, 1000n], [1n, 239n, 240n, 1000n], Array.from({ length: 1000 }, (_, i) => BigInt(i + 1))]) {
    const found = runs(sizes, order);
    assert.deepEqual(told(found, size), ["costs less than", "up to X = 239, more from X = 240 on"]);
  }
});

test("equal costs are a run of their own", () => {
  const found = runs([1n, 100n], (index) => (index < 50n ? -1 : index < 52n ? 0 : 1));
  assert.deepEqual(told(found, size), ["costs less than", "up to X = 49, the same from X = 50 to X = 51, more from X = 52 on"]);
});

test("sizes without figures are passed over", () => {
  const found = runs([16n, 320n], (index) => (index % 16n ? null : index < 240n ? -1 : 1));
  assert.deepEqual(told(found, size), ["costs less than", "up to X = 224, more from X = 240 on"]);
});

test("where nothing changes that is said, and where nothing is common too", () => {
  assert.deepEqual(told(runs([1n, 9n], () => 1), size), ["costs more than", "from X = 1 to X = 9"]);
  assert.deepEqual(told(runs([1n, 9n], () => null), size), ["and", "have no size in common here"]);
  assert.deepEqual(told(runs([1n, 9n], (i) => (i === 9n ? 0 : null)), size), ["costs the same as", "at X = 9, the only size of both here"]);
});

test("a long list is cut", () => {
  const all = Array.from({ length: 40 }, (_, i) => BigInt(i));
  assert.match(told(runs(all, (index) => (index % 2n ? 1 : -1)), size)[1], / and 33 more$/);
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
    const found = sampled({ low: 3n, high: 10n ** 20n, per: 1n }, scale, 600);
    assert.equal(found[0], 3n);
    assert.equal(found.at(-1), 10n ** 20n);
    assert.ok(found.every((index, i) => i === 0 || index > (found[i - 1] as bigint)));
  }
  const stepped = sampled({ low: 1n, high: 10000n, per: 1n }, "linear", 100, { first: 32n, step: 16n });
  assert.ok(stepped.slice(1, -1).every((index) => index % 16n === 0n));
  assert.deepEqual([stepped[0], stepped.at(-1)], [1n, 10000n]);
  assert.equal(sampled({ low: 1n, high: 1500n, per: 1n }, "log", 1500).length, 1500);
});

test("ticks of a logarithmic axis are round", () => {
  assert.deepEqual(logTicks(1, 1000), [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]);
});
