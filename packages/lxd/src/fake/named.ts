/** Collections of the fake server that are all alike: profiles, networks, pools, volumes, projects, rules, zones … */
import { filterOf } from './filter.ts';
import { checkMatch, checkTexts, done, etagOf, FakeFailure, fieldsOf, type Fields, type FakeRoute } from './reply.ts';

interface Kind {
  /** Of a collection's path. */
  readonly pattern: RegExp;
  /** What LXD calls one of them in its messages. */
  readonly title: string;
  /** The member that names one; `name` when absent. */
  readonly key?: string;
  /** What every one of them has. */
  readonly defaults?: Fields;
}

const common: Fields = { description: '', config: {}, used_by: [] };
const volumes = '/storage-pools/[^/]+/volumes/custom';

const kinds: readonly Kind[] = [
  { pattern: /^\/profiles$/, title: 'Profile', defaults: { devices: {} } },
  {
    pattern: /^\/networks$/,
    title: 'Network',
    defaults: { type: 'bridge', managed: true, status: 'Created', locations: ['none'] },
  },
  {
    pattern: /^\/networks\/[^/]+\/forwards$/,
    title: 'Network forward',
    key: 'listen_address',
    defaults: { ports: [] },
  },
  { pattern: /^\/networks\/[^/]+\/peers$/, title: 'Network peer' },
  { pattern: /^\/network-acls$/, title: 'Network ACL', defaults: { ingress: [], egress: [] } },
  { pattern: /^\/network-zones$/, title: 'Network zone' },
  { pattern: /^\/network-zones\/[^/]+\/records$/, title: 'Network zone record', defaults: { entries: [] } },
  { pattern: /^\/projects$/, title: 'Project' },
  {
    pattern: /^\/certificates$/,
    title: 'Certificate',
    key: 'fingerprint',
    defaults: { restricted: false, projects: [] },
  },
  { pattern: /^\/warnings$/, title: 'Warning', key: 'uuid' },
  {
    pattern: /^\/storage-pools$/,
    title: 'Storage pool',
    defaults: { status: 'Created', driver: 'dir', locations: ['none'] },
  },
  {
    pattern: new RegExp(`^${volumes}$`),
    title: 'Storage volume',
    defaults: { type: 'custom', content_type: 'filesystem', location: 'none' },
  },
  { pattern: new RegExp(`^${volumes}/[^/]+/snapshots$`), title: 'Storage volume snapshot' },
];

export class FakeCollections {
  readonly #all = new Map<string, Map<string, Fields>>();

  /** Puts a thing there without a call. */
  put(path: string, name: string, fields: Fields): void {
    const kind = kinds.find(({ pattern }) => pattern.test(path));
    this.#at(path, 'default').set(name, { [kind?.key ?? 'name']: name, ...common, ...kind?.defaults, ...fields });
  }

  get(path: string, name: string, project = 'default'): Fields | undefined {
    return this.#at(path, project).get(name);
  }

  get routes(): readonly FakeRoute[] {
    return kinds.flatMap((kind) => this.#routesOf(kind));
  }

  #at(path: string, project: string): Map<string, Fields> {
    const isShared = /^\/(projects|storage-pools$|certificates|warnings)/.test(path);
    const key = isShared ? path : `${project}:${path}`;
    const found = this.#all.get(key) ?? new Map<string, Fields>();
    this.#all.set(key, found);
    return found;
  }

  #routesOf({ pattern, title, key = 'name', defaults }: Kind): readonly FakeRoute[] {
    const collection = new RegExp(pattern.source.replace('^', '^(').replace('$', ')$'));
    const member = new RegExp(pattern.source.replace('^', '^(').replace('$', ')/([^/]+)$'));
    const need = (path: string, project: string, name: string): Fields => {
      const found = this.#at(path, project).get(name);
      if (found === undefined) throw new FakeFailure(404, `${title} not found`);
      return found;
    };
    const write = (path: string, project: string, name: string, fields: Fields): void => {
      checkTexts(fields['config']);
      this.#at(path, project).set(name, { ...need(path, project, name), ...fields, [key]: name });
    };
    return [
      [
        'GET',
        collection,
        ({ query, project }, path = '') => {
          const all = this.#at(path, project);
          const urls = [...all.keys()].map((name) => `/1.0${path}/${name}`);
          return {
            metadata: query.get('recursion') === '1' ? [...all.values()].filter(filterOf(query.get('filter'))) : urls,
          };
        },
      ],
      [
        'POST',
        collection,
        (request, path = '') => {
          const { [key]: name = '', source, ...fields } = fieldsOf(request);
          if (typeof name !== 'string' || name === '') throw new FakeFailure(400, `No ${key} provided`);
          const all = this.#at(path, request.project);
          if (all.has(name)) throw new FakeFailure(409, `${title} "${name}" already exists`);
          checkTexts(fields['config']);
          const { name: from } = (source ?? {}) as { readonly name?: string };
          const original = from === undefined ? undefined : need(path, request.project, from);
          all.set(name, { ...common, ...defaults, ...original, ...fields, [key]: name });
          return { metadata: {}, location: `/1.0${path}/${name}` };
        },
      ],
      [
        'GET',
        member,
        ({ project }, path = '', name = '') => {
          const found = need(path, project, name);
          return { metadata: found, etag: etagOf(found) };
        },
      ],
      [
        'PUT',
        member,
        (request, path = '', name = '') => {
          checkMatch(request, need(path, request.project, name));
          write(path, request.project, name, fieldsOf(request));
          return done;
        },
      ],
      [
        'PATCH',
        member,
        (request, path = '', name = '') => {
          const { config = {}, ...rest } = fieldsOf(request);
          const before = need(path, request.project, name);
          write(path, request.project, name, {
            ...rest,
            config: { ...(before['config'] as Fields), ...(config as Fields) },
          });
          return done;
        },
      ],
      [
        'POST',
        member,
        (request, path = '', name = '') => {
          const { name: to = name } = fieldsOf(request) as { readonly name?: string };
          const all = this.#at(path, request.project);
          const found = need(path, request.project, name);
          if (to !== name && all.has(to)) throw new FakeFailure(409, `${title} "${to}" already exists`);
          all.delete(name);
          all.set(to, { ...found, [key]: to });
          return { metadata: {}, location: `/1.0${path}/${to}` };
        },
      ],
      [
        'DELETE',
        member,
        ({ project }, path = '', name = '') => {
          need(path, project, name);
          this.#at(path, project).delete(name);
          return done;
        },
      ],
    ];
  }
}
