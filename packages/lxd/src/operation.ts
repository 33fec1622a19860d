/**
 * What takes time on the server: a promise that can report progress and be cancelled. The server forgets an operation
 * seconds after its end, so it is waited for from the beginning.
 */
import type { Operation as OperationOfServer } from './api/types.ts';
import type { Call, Client } from './client.ts';
import { errorOf, LxdError } from './errors.ts';
import { events } from './events.ts';

/** An operation as the server tells of it; its code is 103 running, 200 success, 400 failure, 401 cancelled … */
export interface OperationState extends OperationOfServer {
  /** The HTTP status of the failure (LXD from 6.8 on); 0 where there is none. */
  readonly err_code?: number;
}

export interface OperationOptions {
  /** Cancels the operation where the server can, and rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const success = 200;
const cancelled = 401;

const idOf = (path = ''): string => path.split('/').at(-1)?.split('?')[0] ?? '';

/** A running operation; await it for its end. */
export class Operation implements PromiseLike<OperationState> {
  readonly #client: Client;
  readonly #started: Promise<OperationState>;
  readonly #ended: Promise<OperationState>;
  #subject: string | undefined;

  /** `call` is what begins it; a function where something has to be read first. */
  constructor(client: Client, call: Call | (() => Promise<Call>), { signal }: OperationOptions = {}) {
    this.#client = client;
    this.#started = this.#start(call, signal);
    this.#ended = this.#wait(signal);
    // Who never awaits it does not want to hear of its failure either.
    this.#started.catch(() => {});
    this.#ended.catch(() => {});
  }

  /** Resolves when the server has begun. */
  get started(): Promise<OperationState> {
    return this.#started;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- an operation is awaited
  then<A = OperationState, B = never>(
    onEnd?: ((state: OperationState) => A | PromiseLike<A>) | null,
    onFailure?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#ended.then(onEnd, onFailure);
  }

  /** Calls back with what the server tells of its progress ("rootfs: 45% (12.3MB/s)"), until the end. */
  onProgress(listener: (text: string) => void): this {
    void this.#follow(listener).catch(() => {});
    return this;
  }

  /** Asks the server to give it up; the operation then rejects. */
  async cancel(): Promise<void> {
    const { id } = await this.#started;
    await this.#client.call({ method: 'DELETE', path: `/operations/${id}`, subject: id });
  }

  async #start(given: Call | (() => Promise<Call>), signal: AbortSignal | undefined): Promise<OperationState> {
    signal?.throwIfAborted();
    const call = typeof given === 'function' ? await given() : given;
    this.#subject = call.subject;
    const { envelope } = await this.#client.call(call);
    // A few calls are done at once on some servers: then there is nothing to wait for.
    if (envelope.type === 'sync') return { ...doneAtOnce, metadata: (envelope.metadata ?? null) as null };
    return { ...(envelope.metadata as OperationState), id: idOf(envelope.operation) };
  }

  async #wait(signal: AbortSignal | undefined): Promise<OperationState> {
    const begun = await this.#started;
    if (begun.id === '') return begun;
    const giveUp = (): void => void this.cancel().catch(() => {});
    // It may have been given up while the server was asked to begin.
    if (signal?.aborted === true) giveUp();
    signal?.addEventListener('abort', giveUp, { once: true });
    const subject = this.#subject;
    try {
      const state = await this.#end(begun.id, signal);
      if (state.status_code === success) return state;
      const { err, status, status_code: code, err_code: reason, metadata } = state;
      const details = { operation: begun.description, subject, metadata };
      // The same number as for a call that is not trusted, but another thing.
      if (code === cancelled) throw new LxdError(err || status, { ...details, code });
      throw errorOf(err || status, { ...details, code: reason || code });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  /** Its state at its end. Incus answers the wait for a failed one as an error, without what the operation tells. */
  async #end(id: string, signal: AbortSignal | undefined): Promise<OperationState> {
    const path = `/operations/${id}`;
    try {
      // A server that was started again meanwhile would tell that there is no such operation, as if its thing were not.
      const call = { subject: this.#subject, signal, once: true };
      return await this.#client.read<OperationState>(`${path}/wait`, call);
    } catch (error) {
      if (!(error instanceof LxdError) || error.code === undefined) throw error;
      const state = await this.#client.read<OperationState>(path, { signal }).catch(() => undefined);
      if (state === undefined || state.status_code < success) throw error;
      return state;
    }
  }

  /** By events: LXD from 6.8 on tells of progress nowhere else. */
  async #follow(listener: (text: string) => void): Promise<void> {
    const over = new AbortController();
    const end = (): void => over.abort();
    void this.#ended.then(end, end);
    const { id } = await this.#started;
    if (id === '') return;
    let last = '';
    for await (const { metadata: state } of events(this.#client, { types: ['operation'], signal: over.signal })) {
      if (state['id'] !== id) continue;
      const { metadata } = state as unknown as OperationState;
      const text = Object.entries(metadata ?? {}).find(([name]) => name.endsWith('_progress'))?.[1];
      if (typeof text === 'string' && text !== last) listener((last = text));
    }
  }
}

const doneAtOnce: OperationState = {
  id: '',
  class: 'task',
  description: '',
  status: 'Success',
  status_code: success,
  created_at: '',
  updated_at: '',
  resources: null,
  metadata: null,
  may_cancel: false,
  err: '',
  location: '',
};
