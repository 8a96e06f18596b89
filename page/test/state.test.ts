import assert from "node:assert/strict";
import { test } from "node:test";
import type { Data } from "../src/data";
import { LinkError, fromHash, starting, toHash } from "../src/state";

const names = ["X", "__proto__", ".metric", "a&b=c", "😀", "שלום"];
const data = {
  metrics: [{ name: "macs", label: "MACs" }, { name: "params", label: "params" }],
  controls: names.map((name) => ({ name, label: name, role: "", start: "1", slider: null, per: 1 })),
  models: [{}, {}],
} as unknown as Data;

test("a state is what its link tells", () => {
  const state = starting(data);
  state.sizes = ["224", "11/10", "3", "4", "5", "1e3"];
  Object.assign(state, { metric: 1, model: 1, formulas: true, filter: "conv 3×3 & more", sort: { column: "1", descending: true } });
  state.plot = { metric: 1, control: 4, from: "2", to: "9", x: "log", y: "log" };
  assert.deepEqual(fromHash(`#${toHash(state, data)}`, data), state);
});

test("a plain state has a plain link", () => {
  const state = starting(data);
  assert.match(toHash(state, data), /^X=1&__proto__=1&%2Emetric=1&a%26b%3Dc=1&/);
  assert.deepEqual(fromHash("", data), state);
});

test("ends of a range that are no numbers are left out of a link", () => {
  const state = starting(data);
  Object.assign(state.plot, { from: "abc", to: "9" });
  assert.deepEqual(fromHash(toHash(state, data), data).plot, { ...state.plot, from: "" });
});

test("a broken link is refused", () => {
  for (const hash of ["#X=abc", "#Q=1", "#garbage", "#X=%E0%A4%A", "#.metric=foo", "#X=1&X=2", "#.model=3", "#.sort=-9", "#.nothing=1", "#=", "#.x=cubic"]) {
    assert.throws(() => fromHash(hash, data), LinkError, hash);
  }
});
