/** Lifecycle policies: the rules as pure decisions, and the API and the reaper on real records. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DeleteLifecyclePolicyCommand,
  GetLifecyclePolicyCommand,
  GetLifecyclePolicyPreviewCommand,
  PutLifecyclePolicyCommand,
  StartLifecyclePolicyPreviewCommand,
  waitUntilLifecyclePolicyPreviewComplete,
} from '@aws-sdk/client-ecr';
import fc from 'fast-check';
import { decideLifecycle } from '../src/domain/lifecycle/decide-lifecycle.ts';
import type { LifecycleImage } from '../src/domain/lifecycle/decide-lifecycle.ts';
import { readLifecyclePolicy } from '../src/domain/lifecycle/policy.ts';
import { ociIndex, ociManifest, pushImage, putManifest } from './support/images.ts';
import { startRegistry } from './support/registry.ts';

const day = 24 * 3_600_000;
const now = 1000 * day;
const expire = { type: 'expire' };
const toArchive = { type: 'transition', targetStorageClass: 'archive' };
const archived = {
  tagStatus: 'any',
  storageClass: 'archive',
  countType: 'sinceImageTransitioned',
  countUnit: 'days',
  countNumber: 90,
};
const rule = (rulePriority: number, selection: object): object => ({ rulePriority, selection, action: expire });
const anyMoreThan = (priority: number, countNumber: number): object =>
  rule(priority, { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber });
const read = (...rules: object[]) => readLifecyclePolicy(JSON.stringify({ rules }));
const rulesOf = (...rules: object[]) => {
  const reading = read(...rules);
  assert.ok(reading.kind === 'policy', JSON.stringify(reading));
  return reading.policy.rules;
};
const image = (digest: string, age: number, tags: readonly string[] = [], follows = false): LifecycleImage => ({
  digest,
  tags,
  storageClass: 'standard',
  pushedAt: now - age * day,
  follows,
});
const decide = (images: readonly LifecycleImage[], ...rules: object[]): readonly string[] =>
  decideLifecycle(rulesOf(...rules), images, now).map(({ image: { digest }, priority }) => `${digest}:${priority}`);

test('count and age, oldest first', () => {
  const images = [image('new', 1, ['a']), image('mid', 5), image('old', 10, ['b'])];
  assert.deepEqual(decide(images, anyMoreThan(1, 1)), ['old:1', 'mid:1']);
  const byAge = rule(1, { tagStatus: 'any', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 4 });
  assert.deepEqual(decide(images, byAge), ['old:1', 'mid:1']);
  const untagged = rule(1, { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 1 });
  assert.deepEqual(decide(images, untagged), ['mid:1']);
});

test('a higher rule shields what it keeps, and a lower rule still counts what it marks', () => {
  const images = [
    image('r2', 1, ['release-2']),
    image('r1', 2, ['release-1']),
    image('x', 3, ['x']),
    image('y', 4, ['y']),
  ];
  const keepReleases = rule(1, {
    tagStatus: 'tagged',
    tagPrefixList: ['release'],
    countType: 'imageCountMoreThan',
    countNumber: 10,
  });
  assert.deepEqual(decide(images, keepReleases, anyMoreThan(2, 1)), ['y:2', 'x:2']);
  const lastRelease = rule(1, {
    tagStatus: 'tagged',
    tagPatternList: ['release-*'],
    countType: 'imageCountMoreThan',
    countNumber: 1,
  });
  assert.deepEqual(decide(images, lastRelease, anyMoreThan(2, 3)), ['y:2', 'r1:1']);
});

test('every entry of a list must match some tag', () => {
  const both = rule(1, {
    tagStatus: 'tagged',
    tagPrefixList: ['a', 'b'],
    countType: 'sinceImagePushed',
    countUnit: 'days',
    countNumber: 1,
  });
  assert.deepEqual(decide([image('one', 9, ['a1']), image('two', 9, ['a1', 'b1'])], both), ['two:1']);
});

test('what follows an index or a subject is neither counted nor expired', () => {
  assert.deepEqual(
    decide([image('child', 1, [], true), image('index', 2, ['i']), image('old', 3)], anyMoreThan(1, 1)),
    ['old:1'],
  );
});

test('images that nobody pulled are archived, and expire when they were archived for long', () => {
  const unpulled = { tagStatus: 'any', countType: 'sinceImagePulled', countUnit: 'days', countNumber: 30 };
  const rules = [{ ...rule(1, unpulled), action: toArchive }, rule(2, archived)];
  const at = (age: number): number => now - age * day;
  const images: readonly LifecycleImage[] = [
    { ...image('unpulled', 100), pulledAt: at(31) },
    { ...image('pulled', 101), pulledAt: at(1) },
    { ...image('restored', 102), pulledAt: at(90), activatedAt: at(2) },
    { ...image('restored long ago', 103), pulledAt: at(90), activatedAt: at(40) },
    { ...image('archived', 300), storageClass: 'archive', archivedAt: at(89) },
    { ...image('archived long ago', 299), storageClass: 'archive', archivedAt: at(91) },
    image('never pulled', 31),
  ];
  const steps = decideLifecycle(rulesOf(...rules), images, now);
  assert.deepEqual(
    steps.map((step) => [step.image.digest, step.action, step.priority]),
    [
      ['archived long ago', 'expire', 2],
      ['unpulled', 'transition', 1],
      ['restored long ago', 'transition', 1],
      ['never pulled', 'transition', 1],
    ],
  );
});

test('no image is expired twice, none that follows, and never fewer than the count are left', () => {
  const images = fc.array(fc.tuple(fc.nat({ max: 30 }), fc.subarray(['a1', 'a2', 'b1', 'c'])), { maxLength: 20 });
  fc.assert(
    fc.property(images, fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 10 }), (given, first, second) => {
      const all = given.map(([age, tags], index) => image(String(index), age, tags, index % 7 === 6));
      const prefixed = rule(1, {
        tagStatus: 'tagged',
        tagPrefixList: ['a'],
        countType: 'imageCountMoreThan',
        countNumber: first,
      });
      const expired = decide(all, prefixed, anyMoreThan(2, second)).map((text) => text.split(':')[0]);
      assert.equal(new Set(expired).size, expired.length);
      const free = all.filter(({ follows }) => !follows);
      assert.ok(expired.every((digest) => free.some((each) => each.digest === digest)));
      assert.ok(free.length - expired.length >= Math.min(free.length, first, second));
    }),
  );
});

test('policies that are wrong are refused with the reason', () => {
  const selection = { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 1 };
  const wrong: readonly (readonly [RegExp, object[]])[] = [
    [/not empty/, []],
    [/more than once/, [rule(1, { ...selection, tagStatus: 'untagged' }), rule(1, selection)]],
    [/largest rulePriority/, [rule(1, selection), rule(2, { ...selection, tagStatus: 'untagged' })]],
    [
      /only one rule may select untagged/,
      [rule(1, { ...selection, tagStatus: 'untagged' }), rule(2, { ...selection, tagStatus: 'untagged' })],
    ],
    [/either tagPrefixList or tagPatternList/, [rule(1, { ...selection, tagStatus: 'tagged' })]],
    [/must have no tagPrefixList/, [rule(1, { ...selection, tagPrefixList: ['a'] })]],
    [/countUnit/, [rule(1, { ...selection, countUnit: 'days' })]],
    [/countUnit must be one of days/, [rule(1, { ...selection, countType: 'sinceImagePushed' })]],
    [/countNumber/, [rule(1, { ...selection, countNumber: 0 })]],
    [/countType/, [rule(1, { ...selection, countType: 'x' })]],
    [/four wildcards/, [rule(1, { ...selection, tagStatus: 'tagged', tagPatternList: ['*a*b*c*d*'] })]],
    [/targetStorageClass/, [{ rulePriority: 1, selection, action: { type: 'transition' } }]],
    [/unknown member/, [{ rulePriority: 1, selection, action: { ...expire, targetStorageClass: 'archive' } }]],
    [/transition alone/, [rule(1, { ...selection, countType: 'sinceImagePulled', countUnit: 'days' })]],
    [/go together/, [rule(1, { ...selection, countType: 'sinceImageTransitioned', countUnit: 'days' })]],
    [/go together/, [rule(1, { ...selection, storageClass: 'archive' })]],
    [/at least 90/, [rule(1, { ...archived, countNumber: 89 })]],
    [/only be expired/, [{ ...rule(1, archived), action: toArchive }]],
    [/unknown member/, [rule(1, { ...selection, extra: 1 })]],
    [/rulePriority/, [rule(1.5, selection)]],
    [/at most 50/, Array.from({ length: 51 }, (_, index) => rule(index + 1, selection))],
  ];
  for (const [pattern, rules] of wrong) {
    const reading = read(...rules);
    assert.ok(reading.kind === 'invalid', String(pattern));
    assert.match(reading.reason, pattern);
  }
  fc.assert(
    fc.property(fc.json(), (json) => {
      readLifecyclePolicy(json);
    }),
  );
});

test('the API keeps, previews and removes a policy; the reaper carries it out', async () => {
  const registry = await startRegistry();
  const { client } = registry;
  const repositoryName = 'lifecycle';
  await registry.call('CreateRepository', { repositoryName });
  const absent = { name: 'LifecyclePolicyNotFoundException' };
  await assert.rejects(client.send(new GetLifecyclePolicyCommand({ repositoryName })), absent);
  await assert.rejects(client.send(new DeleteLifecyclePolicyCommand({ repositoryName })), absent);
  await assert.rejects(client.send(new StartLifecyclePolicyPreviewCommand({ repositoryName })), absent);
  await assert.rejects(client.send(new GetLifecyclePolicyPreviewCommand({ repositoryName })), {
    name: 'LifecyclePolicyPreviewNotFoundException',
  });
  const put = (...rules: object[]) =>
    client.send(
      new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: JSON.stringify({ rules }).padEnd(120) }),
    );
  await assert.rejects(put(rule(1, { tagStatus: 'x', countType: 'imageCountMoreThan', countNumber: 1 })), {
    name: 'InvalidParameterException',
    message:
      "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: rules[0].selection.tagStatus must be one of tagged, untagged, any'",
  });
  const old = await pushImage(registry, repositoryName, 'old', 'old');
  await pushImage(registry, repositoryName, 'sbom', undefined, {
    subject: { mediaType: ociManifest, digest: old.digest, size: 1 },
  });
  const child = await pushImage(registry, repositoryName, 'child');
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: ociIndex,
    manifests: [{ mediaType: ociManifest, digest: child.digest, size: 1 }],
  });
  registry.ahead = 1000;
  await putManifest(registry, repositoryName, 'index', index, ociIndex);
  const untagged = rule(2, { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 1 });
  const { lifecyclePolicyText } = await put(anyMoreThan(7, 1), untagged);
  assert.equal(lifecyclePolicyText, JSON.stringify({ rules: [untagged, anyMoreThan(7, 1)] }));
  const started = await client.send(new StartLifecyclePolicyPreviewCommand({ repositoryName }));
  assert.equal(started.status, 'IN_PROGRESS');
  const waited = await waitUntilLifecyclePolicyPreviewComplete({ client, maxWaitTime: 10 }, { repositoryName });
  assert.equal(waited.state, 'SUCCESS');
  const preview = await client.send(new GetLifecyclePolicyPreviewCommand({ repositoryName }));
  assert.deepEqual(preview.summary, { expiringImageTotalCount: 1 });
  assert.deepEqual(
    preview.previewResults?.map(({ imageDigest, imageTags, action, appliedRulePriority }) => [
      imageDigest,
      imageTags,
      action,
      appliedRulePriority,
    ]),
    [[old.digest, ['old'], { type: 'EXPIRE' }, 7]],
  );
  const unevaluated = await client.send(new GetLifecyclePolicyCommand({ repositoryName }));
  assert.equal(unevaluated.lastEvaluatedAt?.getTime(), 0);
  await registry.room.start();
  await registry.restart();
  const { imageIds } = await registry.call('ListImages', { repositoryName });
  assert.deepEqual(imageIds?.map(({ imageTag }) => imageTag).toSorted(), ['index', undefined]);
  const evaluated = await client.send(new GetLifecyclePolicyCommand({ repositoryName }));
  assert.ok((evaluated.lastEvaluatedAt?.getTime() ?? 0) > 0);
  await client.send(new DeleteLifecyclePolicyCommand({ repositoryName }));
  await assert.rejects(client.send(new GetLifecyclePolicyCommand({ repositoryName })), absent);
  assert.deepEqual(registry.errors, []);
  await registry.stop();
});
