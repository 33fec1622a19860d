/** Operations of the fake server: begun, waited for, cancelled, and their websockets. */
import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import { FakeFailure, type Fields, type FakeReply, type FakeRoute } from './reply.ts';

export interface OperationSpec {
  readonly description: string;
  readonly resources?: Readonly<Record<string, readonly string[]>>;
  readonly metadata?: Fields;
  /** Websockets that a client may connect, each once, by its secret. */
  readonly sockets?: Readonly<Record<string, (socket: WebSocket) => void>>;
  readonly class?: 'task' | 'token' | 'websocket';
}

/** What is done; what it returns is added to the operation's metadata. The signal tells that it was cancelled. */
export type OperationWork = (signal: AbortSignal) => Promise<Fields | void> | Fields | void;

export class FakeOperation {
  readonly id: string = randomUUID();
  readonly sockets: Map<string, (socket: WebSocket) => void>;
  readonly ended: Promise<void>;
  readonly #spec: OperationSpec;
  readonly #cancelling = new AbortController();
  readonly #created = new Date().toISOString();
  #metadata: Fields;
  #status: readonly [number, string] = [103, 'Running'];
  #failure = '';

  constructor(spec: OperationSpec, work: OperationWork, onChange: (operation: FakeOperation) => void) {
    this.#spec = spec;
    this.#metadata = spec.metadata ?? {};
    this.sockets = new Map(Object.entries(spec.sockets ?? {}));
    this.ended = this.#run(work, onChange);
  }

  get isOver(): boolean {
    return this.#status[0] !== 103;
  }

  /** As the API shows it. */
  get view(): Fields {
    const { description, resources = {}, class: kind = 'task' } = this.#spec;
    const [status_code, status] = this.#status;
    return {
      id: this.id,
      class: kind,
      description,
      resources,
      status,
      status_code,
      created_at: this.#created,
      updated_at: new Date().toISOString(),
      metadata: this.#metadata,
      may_cancel: !this.isOver,
      err: this.#failure,
      location: 'none',
    };
  }

  cancel(): void {
    this.#cancelling.abort();
  }

  async #run(work: OperationWork, onChange: (operation: FakeOperation) => void): Promise<void> {
    // Not before the request that began it is answered.
    await new Promise((resolve) => setImmediate(resolve));
    onChange(this);
    const { signal } = this.#cancelling;
    const cancelled = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new FakeFailure(401, 'Operation cancelled')));
    });
    // It may be over when it is cancelled.
    cancelled.catch(() => {});
    try {
      const more = await Promise.race([work(signal), cancelled]);
      this.#metadata = { ...this.#metadata, ...more };
      this.#status = [200, 'Success'];
    } catch (error) {
      const { metadata } = error as { readonly metadata?: Fields };
      this.#metadata = { ...this.#metadata, ...metadata };
      this.#status = signal.aborted ? [401, 'Cancelled'] : [400, 'Failure'];
      this.#failure = error instanceof Error ? error.message : String(error);
    }
    onChange(this);
  }
}

/** As long as LXD remembers one that is over. */
const memory = 5_000;

export class FakeOperations {
  readonly #all = new Map<string, FakeOperation>();
  readonly #onChange: (operation: FakeOperation) => void;

  constructor(onChange: (operation: FakeOperation) => void) {
    this.#onChange = onChange;
  }

  begin(spec: OperationSpec, work: OperationWork): FakeReply {
    const operation = new FakeOperation(spec, work, this.#onChange);
    this.#all.set(operation.id, operation);
    void operation.ended.then(() => setTimeout(() => this.#all.delete(operation.id), memory).unref());
    return { operation };
  }

  get(id = ''): FakeOperation {
    const found = this.#all.get(id);
    if (found === undefined) throw new FakeFailure(404, 'Operation not found');
    return found;
  }

  cancelAll(): void {
    for (const operation of this.#all.values()) operation.cancel();
  }

  get routes(): readonly FakeRoute[] {
    return [
      ['GET', /^\/operations$/, () => ({ metadata: { running: [...this.#all.values()].map(({ view }) => view) } })],
      ['GET', /^\/operations\/([^/]+)$/, (_, id) => ({ metadata: this.get(id).view })],
      [
        'GET',
        /^\/operations\/([^/]+)\/wait$/,
        async (_, id) => {
          const operation = this.get(id);
          await operation.ended;
          return { metadata: operation.view };
        },
      ],
      [
        'DELETE',
        /^\/operations\/([^/]+)$/,
        (_, id) => {
          this.get(id).cancel();
          return { metadata: {} };
        },
      ],
    ];
  }
}
