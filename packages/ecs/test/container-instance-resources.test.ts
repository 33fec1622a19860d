import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isCustom, mergeAttributes } from '../src/domain/container-instance/attributes.ts';
import { formatResources, parseResources } from '../src/domain/container-instance/resources.ts';

const port = fc.integer({ min: 1, max: 65_535 });

test('resources read back as they were written', () => {
  const resources = fc.record({
    cpu: fc.nat(1_000_000),
    memory: fc.nat(10_000_000),
    ports: fc.array(port),
    portsUdp: fc.array(port),
    gpus: fc.constant([]),
  });
  fc.assert(
    fc.property(resources, (registered) => {
      assert.deepEqual(parseResources(formatResources(registered, false), []), { ...registered });
    }),
  );
});

test('every attribute that an agent sends is there with its value, once, and custom ones stay', () => {
  const name = fc.constantFrom('rack', 'zone', 'ecs.os-type', 'ecs.capability.x', 'com.amazonaws.ecs.capability.y');
  const attributes = fc.array(fc.record({ name, value: fc.constantFrom('a', 'b', 'c') }));
  fc.assert(
    fc.property(attributes, attributes, (current, sent) => {
      const before = mergeAttributes([], current);
      const merged = mergeAttributes(before, sent);
      const last = new Map<string, string>(sent.map((attribute) => [attribute.name, attribute.value]));
      for (const attribute of merged) {
        const expected = last.get(attribute.name) ?? before.find((kept) => kept.name === attribute.name)?.value;
        assert.equal(attribute.value, expected);
      }
      assert.equal(new Set(merged.map((attribute) => attribute.name)).size, merged.length);
      assert.ok(sent.every((attribute) => merged.some((kept) => kept.name === attribute.name)));
      assert.ok(before.filter(isCustom).every((attribute) => merged.some((kept) => kept.name === attribute.name)));
    }),
  );
});
