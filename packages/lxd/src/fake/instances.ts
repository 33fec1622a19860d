/** Instances of the fake server: their life, files, snapshots, logs and commands. */
import { randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import type { FakeEvents } from './events.ts';
import { beginExec, type FakeExec } from './exec.ts';
import { FakeFiles } from './files.ts';
import type { FakeImages } from './images.ts';
import type { FakeCollections } from './named.ts';
import type { FakeOperations, OperationWork } from './operations.ts';
import {
  checkMatch,
  checkTexts,
  done,
  etagOf,
  FakeFailure,
  fieldsOf,
  type Fields,
  type FakeReply,
  type FakeRequest,
  type FakeRoute,
} from './reply.ts';

interface FakeSnapshot {
  readonly fields: Fields;
  readonly files: FakeFiles;
}

/** One instance; what a test may look at and change. */
export interface FakeInstance {
  fields: Fields;
  files: FakeFiles;
  readonly snapshots: Map<string, FakeSnapshot>;
  readonly logs: Map<string, Buffer>;
  readonly templates: Map<string, Buffer>;
}

const codes: Readonly<Record<string, number>> = { Running: 103, Stopped: 102, Frozen: 110 };

/** From what state an action leads where, and what its event is called. */
const actions: Readonly<Record<string, readonly [from: readonly string[], to: string, event: string]>> = {
  start: [['Stopped'], 'Running', 'instance-started'],
  stop: [['Running', 'Frozen'], 'Stopped', 'instance-shutdown'],
  restart: [['Running', 'Stopped'], 'Running', 'instance-restarted'],
  freeze: [['Running'], 'Frozen', 'instance-paused'],
  unfreeze: [['Frozen'], 'Running', 'instance-resumed'],
};

const nameRule = /^[a-zA-Z][a-zA-Z0-9-]{0,61}[a-zA-Z0-9]$|^[a-zA-Z]$/;

export interface FakeParts {
  readonly operations: FakeOperations;
  readonly events: FakeEvents;
  readonly images: FakeImages;
  readonly collections: FakeCollections;
  readonly exec: FakeExec;
}

export class FakeInstances {
  readonly #all = new Map<string, FakeInstance>();
  readonly #parts: FakeParts;
  #addresses = 1;

  constructor(parts: FakeParts) {
    this.#parts = parts;
  }

  find(name: string, project = 'default'): FakeInstance | undefined {
    return this.#all.get(`${project}/${name}`);
  }

  #need(name: string, project: string): FakeInstance {
    const found = this.find(name, project);
    if (found === undefined) throw new FakeFailure(404, 'Instance not found');
    return found;
  }

  #begin(description: string, name: string, work: OperationWork): FakeReply {
    return this.#parts.operations.begin({ description, resources: { instances: [`/1.0/instances/${name}`] } }, work);
  }

  #create(request: FakeRequest): FakeReply {
    const {
      name: given = '',
      source = {},
      profiles = ['default'],
      config = {},
      devices = {},
      ...more
    } = fieldsOf(request);
    const name = String(given) || `fake-${randomUUID().slice(0, 8)}`;
    const { project } = request;
    if (!nameRule.test(name))
      throw new FakeFailure(400, `Invalid instance name: Name can only contain alphanumeric and hyphen characters`);
    checkTexts(config);
    const { type, ...origin } = source as { readonly type?: string; readonly source?: string; readonly alias?: string };
    // An alias is looked up at once, everything else by the operation: as LXD does.
    const image = type === 'image' ? this.#parts.images.resolve(origin) : undefined;
    return this.#begin('Creating instance', name, () => {
      if (this.find(name, project) !== undefined) {
        throw new FakeFailure(400, `Failed creating instance record: Instance "${name}" already exists`);
      }
      for (const profile of profiles as readonly string[]) {
        if (this.#parts.collections.get('/profiles', profile, project) === undefined && profile !== 'default')
          throw new FakeFailure(400, `Failed loading profiles: Profile "${profile}" not found`);
      }
      const files = type === 'copy' ? this.#filesOf(origin.source ?? '', project) : new FakeFiles();
      const base = image === undefined ? {} : { 'volatile.base_image': image };
      const now = new Date().toISOString();
      const fields = {
        name,
        type: 'container',
        architecture: 'x86_64',
        ephemeral: false,
        stateful: false,
        description: '',
        location: 'none',
        project,
        created_at: now,
        last_used_at: now,
        ...more,
        status: 'Stopped',
        status_code: codes['Stopped'],
        profiles,
        config: { ...base, ...(config as Fields) },
        devices,
      };
      const templates = new Map<string, Buffer>();
      this.#all.set(`${project}/${name}`, { fields, files, snapshots: new Map(), logs: new Map(), templates });
      this.#parts.events.lifecycle('instance-created', `/instances/${name}`, project);
    });
  }

  /** Of an instance, or of `instance/snapshot`. */
  #filesOf(name: string, project: string): FakeFiles {
    const [instance = '', snapshot] = name.split('/');
    const found = this.#need(instance, project);
    return (snapshot === undefined ? found : this.#snapshot(found, snapshot)).files.copy();
  }

  #snapshot({ snapshots }: FakeInstance, name: string): FakeSnapshot {
    const found = snapshots.get(name);
    if (found === undefined) throw new FakeFailure(404, 'Instance snapshot not found');
    return found;
  }

  #state({ fields }: FakeInstance): Fields {
    const isRunning = fields['status'] === 'Running';
    const address = { family: 'inet', address: fields['address'] ?? '', netmask: '24', scope: 'global' };
    const eth0 = { addresses: [address], hwaddr: '00:16:3e:00:00:01', state: 'up', mtu: 1500, type: 'broadcast' };
    return {
      status: fields['status'],
      status_code: fields['status_code'],
      pid: isRunning ? 1000 : 0,
      processes: isRunning ? 1 : 0,
      cpu: { usage: 0 },
      memory: { usage: 0, usage_peak: 0 },
      disk: {},
      network: isRunning ? { eth0 } : null,
    };
  }

  #change(name: string, request: FakeRequest): FakeReply {
    const { project } = request;
    const instance = this.#need(name, project);
    const { action = '' } = fieldsOf(request) as { readonly action?: string };
    const known = actions[action];
    if (known === undefined) throw new FakeFailure(400, `Unknown action: "${action}"`);
    const [from, to, event] = known;
    return this.#begin(`Changing state (${action})`, name, () => {
      const status = String(instance.fields['status']);
      if (!from.includes(status)) throw new FakeFailure(400, `The instance is already ${status.toLowerCase()}`);
      const address = instance.fields['address'] ?? `10.0.0.${(this.#addresses += 1)}`;
      instance.fields = { ...instance.fields, status: to, status_code: codes[to], address };
      this.#parts.events.lifecycle(event, `/instances/${name}`, project);
      if (to === 'Stopped' && instance.fields['ephemeral'] === true) this.#all.delete(`${project}/${name}`);
    });
  }

  #view({ fields }: FakeInstance): Fields {
    const { address: _, ...view } = fields;
    return { ...view, expanded_config: view['config'], expanded_devices: view['devices'] };
  }

  /** What its ETag is of: LXD leaves the description out. */
  #matched({ architecture, config, devices, ephemeral, profiles }: Fields): Fields {
    return { architecture, config, devices, ephemeral, profiles };
  }

  #update(name: string, request: FakeRequest): FakeReply {
    const instance = this.#need(name, request.project);
    const { restore, ...fields } = fieldsOf(request);
    if (typeof restore === 'string') {
      const snapshot = this.#snapshot(instance, restore);
      return this.#begin('Restoring snapshot', name, () => {
        instance.files = snapshot.files.copy();
        const { config, devices, profiles } = snapshot.fields;
        instance.fields = { ...instance.fields, config, devices, profiles };
      });
    }
    checkMatch(request, this.#matched(this.#view(instance)));
    checkTexts(fields['config']);
    const { config, devices, profiles, description, ephemeral } = fields;
    const given = Object.entries({ config, devices, profiles, description, ephemeral });
    const changed = Object.fromEntries(given.filter(([, value]) => value !== undefined));
    // Seen by the next writer at once, as LXD locks what it changes.
    instance.fields = { ...instance.fields, ...changed };
    return this.#begin('Updating instance', name, () => {
      this.#parts.events.lifecycle('instance-updated', `/instances/${name}`, request.project);
    });
  }

  #rename(name: string, request: FakeRequest): FakeReply {
    const instance = this.#need(name, request.project);
    const { name: to = '' } = fieldsOf(request) as { readonly name?: string };
    if (this.find(to, request.project) !== undefined) throw new FakeFailure(409, `Name "${to}" already in use`);
    return this.#begin('Renaming instance', name, () => {
      if (instance.fields['status'] !== 'Stopped')
        throw new FakeFailure(400, 'Renaming of running instance not allowed');
      this.#all.delete(`${request.project}/${name}`);
      instance.fields = { ...instance.fields, name: to };
      this.#all.set(`${request.project}/${to}`, instance);
      this.#parts.events.lifecycle('instance-renamed', `/instances/${to}`, request.project);
    });
  }

  #delete(name: string, { project }: FakeRequest): FakeReply {
    const { fields } = this.#need(name, project);
    if (fields['status'] !== 'Stopped') throw new FakeFailure(400, 'Instance is running');
    return this.#begin('Deleting instance', name, () => {
      this.#all.delete(`${project}/${name}`);
      this.#parts.events.lifecycle('instance-deleted', `/instances/${name}`, project);
    });
  }

  #exec(name: string, request: FakeRequest): FakeReply {
    const { fields, logs } = this.#need(name, request.project);
    if (fields['status'] === 'Frozen') throw new FakeFailure(400, 'Instance is frozen');
    if (fields['status'] !== 'Running') throw new FakeFailure(400, 'Instance is not running');
    const keep = (log: string, bytes: Buffer): string => {
      logs.set(log, bytes);
      return `/1.0/instances/${name}/logs/${log}`;
    };
    const { operations, exec, events } = this.#parts;
    events.lifecycle('instance-exec', `/instances/${name}`, request.project);
    return beginExec(operations, exec, { instance: name, request: fieldsOf(request), keep });
  }

  get routes(): readonly FakeRoute[] {
    const one = /^\/instances\/([^/]+)$/;
    return [
      [
        'GET',
        /^\/instances$/,
        ({ query, project }) => {
          const depth = query.get('recursion') ?? '0';
          const all = [...this.#all.values()].filter(
            ({ fields }) => fields['project'] === project || query.get('all-projects') === 'true',
          );
          const views = all.map((each) => ({
            ...this.#view(each),
            ...(depth === '2' && { state: this.#state(each) }),
          }));
          const urls = all.map(({ fields }) => `/1.0/instances/${String(fields['name'])}`);
          return { metadata: depth === '0' ? urls : views };
        },
      ],
      ['POST', /^\/instances$/, (request) => this.#create(request)],
      [
        'GET',
        one,
        ({ project }, name = '') => {
          const view = this.#view(this.#need(name, project));
          return { metadata: view, etag: etagOf(this.#matched(view)) };
        },
      ],
      ['PUT', one, (request, name = '') => this.#update(name, request)],
      ['POST', one, (request, name = '') => this.#rename(name, request)],
      ['DELETE', one, (request, name = '') => this.#delete(name, request)],
      [
        'GET',
        /^\/instances\/([^/]+)\/state$/,
        ({ project }, name = '') => ({ metadata: this.#state(this.#need(name, project)) }),
      ],
      ['PUT', /^\/instances\/([^/]+)\/state$/, (request, name = '') => this.#change(name, request)],
      ['POST', /^\/instances\/([^/]+)\/exec$/, (request, name = '') => this.#exec(name, request)],
      ...fileRoutes((name, project) => this.#need(name, project)),
      ...snapshotRoutes(this.#parts.operations, (name, project) => this.#need(name, project)),
      ...textRoutes((name, project) => this.#need(name, project)),
    ];
  }
}

type Need = (name: string, project: string) => FakeInstance;

const fileRoutes = (need: Need): readonly FakeRoute[] => {
  const path = /^\/instances\/([^/]+)\/files$/;
  const read = ({ query, project }: FakeRequest, name = ''): FakeReply => {
    const { files } = need(name, project);
    const at = query.get('path') ?? '/';
    const { type, mode, uid, gid, content } = files.get(at);
    const headers = {
      'X-LXD-type': type,
      'X-LXD-mode': `0${mode.toString(8)}`,
      'X-LXD-uid': String(uid),
      'X-LXD-gid': String(gid),
    };
    if (type === 'directory') return { bytes: JSON.stringify({ type: 'sync', metadata: files.names(at) }), headers };
    // LXD tells a relative link as an absolute one.
    if (type === 'symlink') return { bytes: posix.resolve(posix.dirname(at), content.toString()), headers };
    return { bytes: content, headers };
  };
  return [
    ['GET', path, read],
    ['HEAD', path, read],
    [
      'POST',
      path,
      ({ query, project, headers, body }, name = '') => {
        const header = (key: string): string => String(headers[`x-lxd-${key}`] ?? '');
        const type = (header('type') || 'file') as 'directory' | 'file' | 'symlink';
        // A mode without a leading zero is decimal to LXD.
        const mode = header('mode');
        const bits = Number.parseInt(
          mode || (type === 'directory' ? '0755' : '0644'),
          mode !== '' && !mode.startsWith('0') ? 10 : 8,
        );
        const file = { type, content: body, mode: bits, uid: Number(header('uid')), gid: Number(header('gid')) };
        need(name, project).files.put(query.get('path') ?? '/', file, header('write') === 'append');
        return done;
      },
    ],
    [
      'DELETE',
      path,
      ({ query, project }, name = '') => {
        need(name, project).files.remove(query.get('path') ?? '/');
        return done;
      },
    ],
  ];
};

const snapshotRoutes = (operations: FakeOperations, need: Need): readonly FakeRoute[] => {
  const all = /^\/instances\/([^/]+)\/snapshots$/;
  const one = /^\/instances\/([^/]+)\/snapshots\/([^/]+)$/;
  const find = (project: string, name: string, snapshot: string) => {
    const { snapshots } = need(name, project);
    const found = snapshots.get(snapshot);
    if (found === undefined) throw new FakeFailure(404, 'Instance snapshot not found');
    return { found, snapshots };
  };
  return [
    [
      'GET',
      all,
      ({ project }, name = '') => ({
        metadata: [...need(name, project).snapshots.values()].map(({ fields }) => fields),
      }),
    ],
    [
      'POST',
      all,
      (request, name = '') => {
        const { fields, files, snapshots } = need(name, request.project);
        const { name: snapshot = '', expires_at = '0001-01-01T00:00:00Z', stateful = false } = fieldsOf(request);
        const key = String(snapshot);
        if (snapshots.has(key)) throw new FakeFailure(409, `Snapshot "${key}" already in use`);
        return operations.begin({ description: 'Snapshotting instance' }, () => {
          const made = { ...fields, name: key, expires_at, stateful, created_at: new Date().toISOString(), size: -1 };
          snapshots.set(key, { fields: made, files: files.copy() });
        });
      },
    ],
    [
      'GET',
      one,
      ({ project }, name = '', snapshot = '') => {
        const { fields } = find(project, name, snapshot).found;
        return { metadata: fields, etag: etagOf(fields) };
      },
    ],
    [
      'PUT',
      one,
      (request, name = '', snapshot = '') => {
        const { found, snapshots } = find(request.project, name, snapshot);
        checkMatch(request, found.fields);
        const { expires_at } = fieldsOf(request);
        return operations.begin({ description: 'Updating snapshot' }, () => {
          snapshots.set(snapshot, { ...found, fields: { ...found.fields, expires_at } });
        });
      },
    ],
    [
      'POST',
      one,
      (request, name = '', snapshot = '') => {
        const { found, snapshots } = find(request.project, name, snapshot);
        const to = String(fieldsOf(request)['name']);
        return operations.begin({ description: 'Renaming snapshot' }, () => {
          snapshots.delete(snapshot);
          snapshots.set(to, { ...found, fields: { ...found.fields, name: to } });
        });
      },
    ],
    [
      'DELETE',
      one,
      ({ project }, name = '', snapshot = '') => {
        const { snapshots } = find(project, name, snapshot);
        return operations.begin({ description: 'Deleting snapshot' }, () => void snapshots.delete(snapshot));
      },
    ],
  ];
};

/** Logs and templates: texts under names. */
const textRoutes = (need: Need): readonly FakeRoute[] => {
  const take = (texts: Map<string, Buffer>, name: string): Buffer => {
    const found = texts.get(name);
    if (found === undefined) throw new FakeFailure(404, 'not found');
    return found;
  };
  const log = /^\/instances\/([^/]+)\/logs\/([^/]+)$/;
  const template = /^\/instances\/([^/]+)\/metadata\/templates$/;
  return [
    [
      'GET',
      /^\/instances\/([^/]+)\/logs$/,
      ({ project }, name = '') => ({
        metadata: [...need(name, project).logs.keys()].map((each) => `/1.0/instances/${name}/logs/${each}`),
      }),
    ],
    ['GET', log, ({ project }, name = '', file = '') => ({ bytes: take(need(name, project).logs, file) })],
    [
      'DELETE',
      log,
      ({ project }, name = '', file = '') => {
        take(need(name, project).logs, file);
        need(name, project).logs.delete(file);
        return done;
      },
    ],
    [
      'GET',
      /^\/instances\/([^/]+)\/metadata$/,
      ({ project }, name = '') => {
        const { fields } = need(name, project);
        return { metadata: { architecture: fields['architecture'], creation_date: 1, properties: {}, templates: {} } };
      },
    ],
    [
      'GET',
      template,
      ({ project, query }, name = '') => {
        const { templates } = need(name, project);
        const path = query.get('path');
        return path === null ? { metadata: [...templates.keys()] } : { bytes: take(templates, path) };
      },
    ],
    [
      'POST',
      template,
      ({ project, query, body }, name = '') => {
        need(name, project).templates.set(query.get('path') ?? '', body);
        return done;
      },
    ],
    [
      'DELETE',
      template,
      ({ project, query }, name = '') => {
        take(need(name, project).templates, query.get('path') ?? '');
        need(name, project).templates.delete(query.get('path') ?? '');
        return done;
      },
    ],
  ];
};
