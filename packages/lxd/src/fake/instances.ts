/** Instances of the fake server: their life, files, snapshots, logs and commands. */
import { randomUUID } from 'node:crypto';
import type { FakeEvents } from './events.ts';
import { beginExec, type FakeExec } from './exec.ts';
import { FakeFiles } from './files.ts';
import { filterOf } from './filter.ts';
import type { FakeImages } from './images.ts';
import { fileRoutes } from './instances/file-routes.ts';
import { matchedOf, snapshotOf, stateOf, viewOf, type FakeInstance, type NeedInstance } from './instances/instance.ts';
import { snapshotRoutes } from './instances/snapshot-routes.ts';
import { textRoutes } from './instances/text-routes.ts';
import type { FakeCollections } from './named.ts';
import type { FakeOperations, OperationWork } from './operations.ts';
import {
  checkMatch,
  checkTexts,
  etagOf,
  FakeFailure,
  fieldsOf,
  type Fields,
  type FakeReply,
  type FakeRequest,
  type FakeRoute,
} from './reply.ts';

const codes: Readonly<Record<string, number>> = { Running: 103, Stopped: 102, Frozen: 110 };

/** From what state an action leads where, and what its event is called. */
interface Change {
  readonly from: readonly string[];
  readonly to: string;
  readonly event: string;
}

const actions: Readonly<Record<string, Change>> = {
  start: { from: ['Stopped'], to: 'Running', event: 'instance-started' },
  stop: { from: ['Running', 'Frozen'], to: 'Stopped', event: 'instance-shutdown' },
  restart: { from: ['Running', 'Stopped'], to: 'Running', event: 'instance-restarted' },
  freeze: { from: ['Running'], to: 'Frozen', event: 'instance-paused' },
  unfreeze: { from: ['Frozen'], to: 'Running', event: 'instance-resumed' },
};

const changeOf = (action: string): Change => {
  const known = actions[action];
  if (known === undefined) throw new FakeFailure(400, `Unknown action: "${action}"`);
  return known;
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
    return (snapshot === undefined ? found : snapshotOf(found, snapshot)).files.copy();
  }

  #change(name: string, request: FakeRequest): FakeReply {
    const instance = this.#need(name, request.project);
    const { action = '' } = fieldsOf(request) as { readonly action?: string };
    const { from } = changeOf(action);
    return this.#begin(`Changing state (${action})`, name, () => {
      const status = String(instance.fields['status']);
      if (!from.includes(status)) throw new FakeFailure(400, `The instance is already ${status.toLowerCase()}`);
      this.#move(instance, action);
    });
  }

  /** All of a project that the action can be done to. */
  #changeAll(request: FakeRequest): FakeReply {
    const { state } = fieldsOf(request) as { readonly state?: { readonly action?: string } };
    const action = state?.action ?? '';
    const { from } = changeOf(action);
    return this.#begin(`Changing state (${action})`, '', () => {
      for (const instance of this.#all.values()) {
        const { project, status } = instance.fields;
        if (project === request.project && from.includes(String(status))) this.#move(instance, action);
      }
    });
  }

  #move(instance: FakeInstance, action: string): void {
    const { to, event } = changeOf(action);
    const [name, project] = [String(instance.fields['name']), String(instance.fields['project'])];
    const address = instance.fields['address'] ?? `10.0.0.${(this.#addresses += 1)}`;
    instance.fields = { ...instance.fields, status: to, status_code: codes[to], address };
    this.#parts.events.lifecycle(event, `/instances/${name}`, project);
    if (to === 'Stopped' && instance.fields['ephemeral'] === true) this.#all.delete(`${project}/${name}`);
  }

  #update(name: string, request: FakeRequest): FakeReply {
    const instance = this.#need(name, request.project);
    const { restore, ...fields } = fieldsOf(request);
    if (typeof restore === 'string') {
      const snapshot = snapshotOf(instance, restore);
      return this.#begin('Restoring snapshot', name, () => {
        instance.files = snapshot.files.copy();
        const { config, devices, profiles } = snapshot.fields;
        instance.fields = { ...instance.fields, config, devices, profiles };
      });
    }
    checkMatch(request, matchedOf(viewOf(instance)));
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
    const need: NeedInstance = (name, project) => this.#need(name, project);
    return [
      [
        'GET',
        /^\/instances$/,
        ({ query, project }) => {
          const depth = query.get('recursion') ?? '0';
          const all = [...this.#all.values()].filter(
            ({ fields }) => fields['project'] === project || query.get('all-projects') === 'true',
          );
          const views = all
            .map((each): Fields => ({ ...viewOf(each), ...(depth === '2' && { state: stateOf(each) }) }))
            .filter(filterOf(query.get('filter')));
          const urls = views.map(({ name }) => `/1.0/instances/${String(name)}`);
          return { metadata: depth === '0' ? urls : views };
        },
      ],
      ['POST', /^\/instances$/, (request) => this.#create(request)],
      ['PUT', /^\/instances$/, (request) => this.#changeAll(request)],
      [
        'GET',
        one,
        ({ project }, name = '') => {
          const view = viewOf(this.#need(name, project));
          return { metadata: view, etag: etagOf(matchedOf(view)) };
        },
      ],
      ['PUT', one, (request, name = '') => this.#update(name, request)],
      ['POST', one, (request, name = '') => this.#rename(name, request)],
      ['DELETE', one, (request, name = '') => this.#delete(name, request)],
      [
        'GET',
        /^\/instances\/([^/]+)\/state$/,
        ({ project }, name = '') => ({ metadata: stateOf(this.#need(name, project)) }),
      ],
      ['PUT', /^\/instances\/([^/]+)\/state$/, (request, name = '') => this.#change(name, request)],
      ['POST', /^\/instances\/([^/]+)\/exec$/, (request, name = '') => this.#exec(name, request)],
      ...fileRoutes(need),
      ...snapshotRoutes(this.#parts.operations, need),
      ...textRoutes(need),
    ];
  }
}
