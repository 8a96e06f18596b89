import assert from "node:assert/strict";
import { test } from "node:test";
import { Current } from "../src/current";
import type { Data, Model, Program } from "../src/data";
import { TooLarge, among, ratioOf, runOf, valueOf } from "../src/evaluate";
import { Evaluated, sizeOf } from "../src/model";

test("every operation has its value, exact beyond 2^53", () => {
  const slots = [2n ** 60n + 1n, -7n, 3n];
  assert.equal(valueOf(["+", 0, ["*", 0, 0], ["-", "1"]])(slots), slots[0]! + slots[0]! ** 2n - 1n);
  assert.equal(valueOf(["//", 1, 2])(slots), -3n);
  assert.equal(valueOf(["^/", 1, 2])(slots), -2n);
  assert.equal(valueOf(["^/", "7", "2"])(slots), 4n);
  assert.equal(valueOf(["max", 0, 1, 2])(slots), slots[0]);
  assert.equal(valueOf(["min", 0, 1, 2])(slots), -7n);
  assert.equal(valueOf(["gcd", "-12", "18"])(slots), 6n);
  assert.equal(valueOf(["equals", 2, "3"])(slots), 1n);
  assert.equal(valueOf(["reaches", 1, 2])(slots), 0n);
  assert.equal(valueOf(["power", "2", "100"])(slots), 2n ** 100n);
  assert.equal(valueOf(["*", "2", "3", "7"])(slots), 42n);
});

test("make_divisible rounds as its definition does", () => {
  // max(d, ⌊u/v + d/2⌋ to a multiple of d), and d more where that is below 0.9 of u/v
  for (let u = 1; u < 400; u++) {
    for (const [v, d] of [[1, 8], [10, 8], [3, 4]] as const) {
      const value = u / v;
      let wanted = Math.max(d, Math.floor((u * 2 + d * v) / (2 * d * v)) * d);
      if (10 * wanted * v < 9 * u) wanted += d;
      assert.equal(valueOf(["make_divisible", `${u}`, `${v}`, `${d}`])([]), BigInt(wanted), `${value} to ${d}`);
    }
  }
});

test("a ratio is in lowest terms", () => {
  assert.deepEqual(ratioOf(["6", "4"])([]), [3n, 2n]);
});

test("a program sums over rounds and stops at the first complaint", () => {
  const program: Program = {
    slots: 3,
    steps: [
      ["among", 0, [[["0", ">=", "2"]]], 5],
      ["let", 1, "0"],
      ["repeat", 2, "0", 0, [["let", 1, ["+", 1, 2]], ["require", "at least", "1000", 1, 7]]],
    ],
  };
  const run = runOf(program);
  const slots = [10n, 0n, 0n];
  assert.equal(run(slots), -1);
  assert.equal(slots[1], 45n);
  assert.equal(run([1n, 0n, 0n]), 5);
  assert.equal(run([100n, 0n, 0n]), 7);
});

test("a repeat without an index runs once, or not at all", () => {
  const run = runOf({ slots: 1, steps: [["repeat", null, "3", 0, [["require", "equal", "0", "1", 1]]]] });
  assert.equal(run([4n]), 1);
  assert.equal(run([3n]), -1);
});

test("what divides has to be at least 1", () => {
  const run = runOf({ slots: 2, steps: [["require", "divides", 0, 1, 1]] });
  assert.equal(run([3n, 9n]), -1);
  assert.equal(run([0n, 9n]), 1);
  assert.equal(run([4n, 9n]), 1);
});

test("sizes are alternatives of comparisons modulo periods", () => {
  const holds = among([[["0", "==", "5"]], [["0", ">=", "100"], ["16", "==", "12"]]]);
  assert.deepEqual([5n, 12n, 108n, 109n, 28n].map(holds), [true, false, true, false, false]);
});

test("rounds and powers without end are refused", () => {
  assert.throws(() => runOf({ slots: 1, steps: [["repeat", 0, "0", "1000000000", []]] })([0n]), TooLarge);
  assert.throws(() => valueOf(["power", "2", "100000000000"])([]), TooLarge);
});

test("a sum is refused where Python refuses it, and where its numbers are large", () => {
  const rounds = (end: string): number => runOf({ slots: 1, steps: [["repeat", 0, "0", end, [["let", 0, 0]]]] })([0n]);
  assert.equal(rounds("131072"), -1);
  assert.throws(() => rounds("131073"), TooLarge);
  const powers = runOf({ slots: 2, steps: [["repeat", 1, "0", 0, [["let", 1, ["power", "2", 1]]]]] });
  assert.equal(powers([1000n, 0n]), -1);
  const begin = performance.now();
  assert.throws(() => powers([100000n, 0n]), TooLarge);
  assert.throws(() => runOf({ slots: 3, steps: [["repeat", 2, "0", "100000", [["let", 1, ["*", 0, 0, 0]]]]] })([10n ** 4000n, 0n, 0n]), TooLarge);
  assert.ok(performance.now() - begin < 2000);
});

const model: Model = {
  name: "m", description: "", unchecked: [], boxes: {}, layers: [], parts: { slots: 3, steps: [] },
  parameters: [
    { control: 0, slots: [0], least: 1, kind: "positive integer" },
    { control: 1, slots: [1, 2], least: 0, kind: "positive rational" },
  ],
  complaints: [{ symbols: [0], tail: " is outside the domain X ≥ 32: because" }],
  totals: { slots: 3, steps: [["among", 0, [[["0", ">=", "32"]]], 0]], values: [[["*", 0, 1], 2]] },
};
const data: Data = {
  metrics: [{ name: "macs", label: "MACs" }], models: [model], ramps: {} as Data["ramps"],
  controls: [{ name: "X", label: "X", role: "extent", start: "64", slider: null, per: 1 }, { name: "w", label: "w", role: "", start: "1", slider: [1, 40, 1], per: 20 }],
};

test("a model says what is wrong as Python does", () => {
  const evaluated = new Evaluated(model, data);
  const said = (x: string, w = "1"): unknown => {
    const found = evaluated.figures([sizeOf(x), sizeOf(w)]);
    return Array.isArray(found) ? found[0] : found.said;
  };
  assert.deepEqual(said("64", "3/128"), [3n, 2n]);
  assert.deepEqual(said("64", "0.5"), [32n, 1n]);
  assert.equal(said("31"), "X = 31 is outside the domain X ≥ 32: because");
  assert.equal(said("0"), "X = 0 is below 1: X is a positive integer");
  assert.equal(said("6/4"), "X = 3/2 is a fraction: X is a positive integer");
  assert.equal(said("abc"), "X = 'abc' is not a number: X is a positive integer");
  assert.equal(said("it's"), `X = "it's" is not a number: X is a positive integer`);
  assert.equal(said("64", "0"), "w = 0 is not positive: w is a positive rational");
});

test("what the domain says of one size alone is known without an evaluation", () => {
  const evaluated = new Evaluated(model, data);
  assert.deepEqual(([[31n, 1n], [32n, 1n], [65n, 2n]] as const).map((size) => evaluated.allows(0, size)), [false, true, false]);
  assert.equal(evaluated.allows(1, [1n, 1000n]), true);
});

test("why there are no figures of layers is told, and found out once", () => {
  const parts: Program = { slots: 3, steps: [["repeat", 0, "0", "1000000000", []]] };
  const current = new Current(new Evaluated({ ...model, parts }, data));
  assert.equal(current.parts(), null);
  current.move([sizeOf("64"), sizeOf("1")]);
  const found = current.parts();
  assert.ok(found && "said" in found);
  assert.equal(current.parts(), found);
  assert.deepEqual(current.figures, [[64n, 1n]]);
});
