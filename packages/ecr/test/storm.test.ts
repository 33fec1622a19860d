/**
 * Pushes, mounts and deletions of images that share layers, while the collector runs, the clock jumps by days and the
 * server is killed: every image that was acknowledged and not deleted is there, whole.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { kill, setAhead, start, tell } from './support/child-registry.ts';
import type { ChildRegistry } from './support/child-registry.ts';
import { descriptorOf, digestOf, ociManifest } from './support/images.ts';

const repositories = ['crash', 'crash/other'] as const;
type Repository = (typeof repositories)[number];

const longerThanGrace = 25 * 60 * 60 * 1000;
const rounds = 3;

const pick = <T>(all: readonly T[]): T => all[Math.floor(Math.random() * all.length)] as T;

const sharedLayers = Array.from({ length: 6 }, (_, index) =>
  Buffer.alloc(3_000 * (index * index + 1), `layer ${index} `),
);

interface Image {
  readonly manifest: string;
  readonly blobs: readonly Buffer[];
}

let made = 0;
const newImage = (): Image => {
  made += 1;
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', made }));
  const layers = [...new Set([pick(sharedLayers), pick(sharedLayers)])];
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: ociManifest,
    config: descriptorOf(config, 'application/vnd.oci.image.config.v1+json'),
    layers: layers.map((layer) => descriptorOf(layer, 'application/vnd.oci.image.layer.v1.tar')),
  });
  return { manifest, blobs: [config, ...layers] };
};

/** An image name of one lane alone, and what it may stand for: more than one thing only while an answer is missing. */
interface Name {
  readonly repository: Repository;
  readonly tag: string;
  possible: ReadonlySet<Image | undefined>;
}

/** The status of an answer; undefined where the server went. An internal error is none of the answers there may be. */
const statusOf = async (answer: Promise<Response>): Promise<number | undefined> => {
  const response = await answer.catch(() => undefined);
  const text = await response?.text().catch(() => '');
  assert.ok((response?.status ?? 0) < 500, text);
  return response?.status;
};

/** Brings a layer as docker does: asks for it, else mounts it from the other repository, else uploads it. */
const bringBlob = async (server: ChildRegistry, repository: Repository, blob: Buffer): Promise<void> => {
  const path = `/v2/${repository}/blobs`;
  const digest = digestOf(blob);
  if ((await statusOf(server.request('HEAD', `${path}/${digest}`))) === 200) return;
  const other = repositories.find((name) => name !== repository);
  const mount = `${path}/uploads/?mount=${digest}&from=${other}`;
  if (Math.random() < 0.5 && (await statusOf(server.request('POST', mount))) === 201) return;
  await statusOf(server.request('POST', `${path}/uploads/?digest=${digest}`, blob));
};

const push = async (server: ChildRegistry, name: Name, image: Image): Promise<void> => {
  await Promise.all(image.blobs.map((blob) => bringBlob(server, name.repository, blob)));
  const body = Buffer.from(image.manifest);
  const path = `/v2/${name.repository}/manifests/${name.tag}`;
  const before = name.possible;
  name.possible = new Set([...before, image]);
  const status = await statusOf(server.request('PUT', path, body, { 'content-type': ociManifest }));
  if (status === 201) name.possible = new Set([image]);
  // A layer went between the question and the manifest, as it may when a day passes there.
  else if (status !== undefined) name.possible = before;
};

const remove = async (server: ChildRegistry, names: readonly Name[], name: Name): Promise<void> => {
  const image = [...name.possible][0];
  const byDigest = image !== undefined && Math.random() < 0.5;
  const reference = byDigest ? digestOf(image.manifest) : name.tag;
  const affected = byDigest
    ? names.filter(({ repository, possible }) => repository === name.repository && possible.has(image))
    : [name];
  for (const one of affected) one.possible = new Set([...one.possible, undefined]);
  const status = await statusOf(server.request('DELETE', `/v2/${name.repository}/manifests/${reference}`));
  if (status === 202) for (const one of affected) one.possible = new Set([undefined]);
};

/** One client: one thing after the other, until the server is gone. */
const lane = async (server: ChildRegistry, names: readonly Name[]): Promise<void> => {
  while (server.child.exitCode === null && server.child.signalCode === null) {
    const name = pick(names);
    const known = names.flatMap(({ repository, possible }) => (repository === name.repository ? [...possible] : []));
    if (Math.random() < 0.25) await remove(server, names, name);
    // Now and then an image under a second tag.
    else await push(server, name, (Math.random() < 0.2 ? pick(known) : undefined) ?? newImage());
  }
};

/** What the name stands for now has to be one of the things that it may, with all of its layers. */
const settle = async (server: ChildRegistry, name: Name): Promise<void> => {
  const response = await server.request('GET', `/v2/${name.repository}/manifests/${name.tag}`);
  const manifest = response.status === 200 ? await response.text() : undefined;
  const found = [...name.possible].find((image) => image?.manifest === manifest);
  assert.ok(
    name.possible.has(found) && (found !== undefined || response.status === 404),
    `${name.repository}:${name.tag} is none of its ${name.possible.size}: ${response.status} ${manifest}`,
  );
  for (const blob of found?.blobs ?? []) {
    const layer = await server.request('GET', `/v2/${name.repository}/blobs/${digestOf(blob)}`);
    assert.deepEqual(Buffer.from(await layer.arrayBuffer()), blob, `${name.repository}:${name.tag} lacks a layer`);
  }
  name.possible = new Set([found]);
};

test('no acknowledged image is lost or damaged by deletions, collections, jumps of the clock and kills', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'oreno-ecr-storm-'));
  const lanes = Array.from({ length: 4 }, (_, owner) =>
    repositories.flatMap((repository) =>
      [1, 2, 3].map((number): Name => ({ repository, tag: `${owner}-${number}`, possible: new Set([undefined]) })),
    ),
  );
  let ahead = 0;
  let server = await start(directory);
  const settleAll = async (): Promise<void> => {
    for (const name of lanes.flat()) await settle(server, name);
    assert.deepEqual(await tell(server, 'verify'), []);
  };
  try {
    for (let round = 0; round < rounds; round += 1) {
      const working = Promise.all(lanes.map((names) => lane(server, names)));
      // Looked at when the server is gone; until then a lane that failed is no unhandled rejection.
      working.catch(() => undefined);
      for (const end = Date.now() + 900 + round * 37; Date.now() < end; await sleep(Math.random() * 60)) {
        if (Math.random() < 0.3) setAhead(server, (ahead += longerThanGrace));
        await tell(server, 'collect');
      }
      const collecting = tell(server, 'collect');
      await sleep(Math.random() * 10);
      await kill(server);
      await Promise.all([working, collecting]);
      server = await start(directory, ahead);
      await settleAll();
    }
    assert.ok(
      lanes.flat().some(({ possible }) => !possible.has(undefined)),
      'some images are there',
    );
    setAhead(server, (ahead += longerThanGrace));
    await tell(server, 'collect');
    await settleAll();
  } finally {
    await kill(server);
    await rm(directory, { recursive: true, force: true });
  }
});
