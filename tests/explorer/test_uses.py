"""What uses a number: exactly the cells that were made of it, found without a search."""

from __future__ import annotations

from typing import Any

import pytest

from tests.explorer.node import program, run

# For every entry that is used, some of its cells: the users' cells that are named against those whose operation reads
# the cell, and those that an id or a mask is said to decide about against those that another value of it makes anew.
USES = """
const { Program } = await load("program.js");
const { Replay } = await load("replay.js");
const { cells, made } = await load("terms.js");
const { count, flats, uses } = await load("uses.js");
const program = new Program(given), values = new Replay(program).run(program.given());
const sampled = (size) => [...new Set(Array.from({ length: 9 }, (_, i) => (i * 7919 + (i % 2) * (size - 1)) % size))];
const says = (part) => JSON.stringify(part, (key, value) => (key === "entry" ? value.name : value));
let checked = 0;
const wrong = [];
for (const user of program.entries) {
  const expressions = Array.from({ length: user.size }, (_, i) => made(user, user.index(i), values));
  const readers = new Map();
  expressions.forEach((expression, i) => cells(expression).forEach(({ entry, flat }) => {
    const key = `${entry.number}:${flat}`;
    if (!readers.has(key)) readers.set(key, new Set());
    readers.get(key).add(i);
  }));
  for (const operand of new Set(user.operands)) for (const flat of sampled(operand.size)) {
    const found = uses(operand, operand.index(flat), values).filter((use) => use.user === user);
    const [reading, deciding] = [false, true].map((decides) => found.filter((use) => use.decides === decides));
    const named = new Set(reading.flatMap(({ boxes }) => boxes.flatMap((box) => flats(user, box))));
    const read = readers.get(`${operand.number}:${flat}`) ?? new Set();
    const same = named.size === read.size && [...named].every((i) => read.has(i));
    const counts = [...reading, ...deciding].every(({ boxes }) =>
      count(user, boxes) === new Set(boxes.flatMap((box) => flats(user, box))).size);
    if (!same || !counts || found.length > 2) wrong.push([user.name, operand.name, operand.index(flat)]);
    for (const { boxes } of deciding) {
      const other = values.slice(), moved = values[operand.number].slice();
      moved[flat] = moved[flat] ? 0 : 1;
      other[operand.number] = moved;
      if (["one_hot"].includes(user.op)) continue; // whose cells are the number's own, and no expression
      const decided = new Set(boxes.flatMap((box) => flats(user, box)));
      const changed = expressions.flatMap((expression, i) =>
        says(made(user, user.index(i), other)) !== says(expression) ? [i] : []);
      // A row that is added elsewhere leaves one row for another; what it is said to decide about is where it is now.
      const fits = user.op === "scatter_add" ? changed.filter((i) => decided.has(i)).length === decided.size
        : changed.length === decided.size && changed.every((i) => decided.has(i));
      if (!fits) wrong.push([user.name, operand.name, operand.index(flat), "decides"]);
    }
    checked += 1;
  }
}
return { checked, wrong };
"""


@pytest.mark.parametrize("name", ["default", "primes", "wide", "one word"])
def test_the_cells_named_are_those_that_read_the_cell(name: str) -> None:
    found: dict[str, Any] = run(USES, program(name))
    assert found["checked"] > 5000
    assert found["wrong"] == []
