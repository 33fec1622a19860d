/** Images and aliases of the fake server: any bytes are an image. */
import { createHash } from 'node:crypto';
import { filterOf } from './filter.ts';
import type { FakeOperations } from './operations.ts';
import { checkMatch, done, etagOf, FakeFailure, fieldsOf, type Fields, type FakeRoute } from './reply.ts';

interface FakeImage {
  readonly fields: Fields;
  readonly bytes: Buffer;
}

export class FakeImages {
  readonly #images = new Map<string, FakeImage>();
  readonly #aliases = new Map<string, Fields>();
  readonly #operations: FakeOperations;

  constructor(operations: FakeOperations) {
    this.#operations = operations;
  }

  /** Adds an image without a call; answers its fingerprint. */
  add(bytes: Buffer, { alias, ...fields }: { readonly alias?: string } & Fields = {}): string {
    const fingerprint = createHash('sha256').update(bytes).digest('hex');
    if (this.#images.has(fingerprint)) {
      throw new FakeFailure(409, 'Image with same fingerprint already exists');
    }
    const now = new Date().toISOString();
    const usual = { architecture: 'x86_64', type: 'container', public: false, properties: {}, profiles: ['default'] };
    const rest = { auto_update: false, cached: false, filename: '', created_at: now, uploaded_at: now };
    this.#images.set(fingerprint, { bytes, fields: { fingerprint, size: bytes.length, ...usual, ...rest, ...fields } });
    if (alias !== undefined)
      this.#aliases.set(alias, { name: alias, target: fingerprint, description: '', type: 'container' });
    return fingerprint;
  }

  /** The fingerprint that an instance's source means. */
  resolve({ alias, fingerprint }: { readonly alias?: string; readonly fingerprint?: string }): string {
    const found = fingerprint ?? (this.#aliases.get(alias ?? '')?.['target'] as string | undefined);
    if (found === undefined || !this.#images.has(found)) throw new FakeFailure(404, 'Image not found');
    return found;
  }

  #view(fingerprint = ''): Fields {
    const found = this.#images.get(fingerprint);
    if (found === undefined) throw new FakeFailure(404, 'Image not found');
    const own = [...this.#aliases.values()].filter(({ target }) => target === fingerprint);
    return { ...found.fields, aliases: own.map(({ name, description }) => ({ name, description })) };
  }

  #alias(name = ''): Fields {
    const found = this.#aliases.get(name);
    if (found === undefined) throw new FakeFailure(404, 'Image alias not found');
    return found;
  }

  get routes(): readonly FakeRoute[] {
    const one = /^\/images\/([0-9a-f]{64})$/;
    const alias = /^\/images\/aliases\/(.+)$/;
    return [
      [
        'GET',
        /^\/images$/,
        ({ query }) => {
          const all = [...this.#images.keys()].map((each) => this.#view(each));
          return { metadata: all.filter(filterOf(query.get('filter'))) };
        },
      ],
      [
        'POST',
        /^\/images$/,
        (request) => {
          const isJson = request.headers['content-type'] === 'application/json';
          const { source, properties, public: isPublic = false } = isJson ? fieldsOf(request) : {};
          const bytes = isJson ? Buffer.from(JSON.stringify(source)) : request.body;
          const fields = { ...(properties !== undefined && { properties }), public: isPublic };
          return this.#operations.begin({ description: 'Downloading image' }, () => ({
            fingerprint: this.add(bytes, fields),
            size: String(bytes.length),
          }));
        },
      ],
      ['GET', /^\/images\/aliases$/, () => ({ metadata: [...this.#aliases.values()] })],
      [
        'POST',
        /^\/images\/aliases$/,
        (request) => {
          const { name, target, description = '' } = fieldsOf(request) as Readonly<Record<string, string>>;
          if (name === undefined || this.#aliases.has(name))
            throw new FakeFailure(409, `Alias "${name}" already exists`);
          this.#aliases.set(name, {
            name,
            target: this.resolve({ fingerprint: target ?? '' }),
            description,
            type: 'container',
          });
          return done;
        },
      ],
      ['GET', alias, (_, name) => ({ metadata: this.#alias(name), etag: etagOf(this.#alias(name)) })],
      [
        'PUT',
        alias,
        (request, name = '') => {
          this.#aliases.set(name, { ...this.#alias(name), ...fieldsOf(request) });
          return done;
        },
      ],
      [
        'DELETE',
        alias,
        (_, name = '') => {
          this.#alias(name);
          this.#aliases.delete(name);
          return done;
        },
      ],
      ['GET', one, (_, fingerprint) => ({ metadata: this.#view(fingerprint), etag: etagOf(this.#view(fingerprint)) })],
      [
        'PUT',
        one,
        (request, fingerprint = '') => {
          checkMatch(request, this.#view(fingerprint));
          const found = this.#images.get(fingerprint);
          if (found)
            this.#images.set(fingerprint, { ...found, fields: { ...found.fields, ...fieldsOf(request), fingerprint } });
          return done;
        },
      ],
      [
        'DELETE',
        one,
        (_, fingerprint = '') => {
          this.#view(fingerprint);
          return this.#operations.begin({ description: 'Deleting image' }, () => {
            this.#images.delete(fingerprint);
            for (const [name, { target }] of this.#aliases) if (target === fingerprint) this.#aliases.delete(name);
          });
        },
      ],
      [
        'GET',
        /^\/images\/([0-9a-f]{64})\/export$/,
        (_, fingerprint = '') => {
          this.#view(fingerprint);
          return { bytes: this.#images.get(fingerprint)?.bytes ?? '' };
        },
      ],
      [
        'POST',
        /^\/images\/([0-9a-f]{64})\/secret$/,
        (_, fingerprint = '') => {
          this.#view(fingerprint);
          const metadata = { secret: 'fake-secret', fingerprint };
          return this.#operations.begin({ description: 'Image download token', class: 'token', metadata }, () => {});
        },
      ],
    ];
  }
}
