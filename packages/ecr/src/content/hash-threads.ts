/**
 * Threads that hash large streams beside the one that answers requests. Bytes in shared memory are not copied on their
 * way. A thread is started when there is none that is free, and lasts. When one dies, the hashes of its streams are
 * lost, and whoever asks for them hears of it.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { DigestAlgorithm } from '../domain/digest.ts';

/** What the thread is told; `stream` is a number that it knows a stream's hashes by. */
export type Order =
  | { readonly kind: 'create'; readonly stream: number; readonly algorithm: DigestAlgorithm }
  | { readonly kind: 'copy'; readonly stream: number; readonly from: number }
  | { readonly kind: 'update'; readonly stream: number; readonly bytes: Uint8Array }
  | { readonly kind: 'digest'; readonly stream: number }
  | { readonly kind: 'drop'; readonly stream: number };

/** Digests in hexadecimal, to an order that asks for them. */
export interface Answer {
  readonly sha256?: string;
  readonly sha512?: string | undefined;
}

/** The hashes of one stream, on a thread. */
export interface ThreadHash {
  /** False when the thread is gone, and what it knew with it. */
  readonly isAlive: boolean;
  /** Resolves when the bytes are hashed and free for other use. Rejects when the thread is gone. */
  update(bytes: Uint8Array): Promise<unknown>;
  copy(): ThreadHash;
  /** The digests of what was hashed so far. Rejects when the thread is gone. */
  digest(): Promise<Answer>;
  /** Lets the thread forget the stream. */
  drop(): void;
}

/** Orders that the thread answers. */
export type Asking = Extract<Order, { readonly kind: 'update' | 'digest' }>;

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** The thread that answers requests needs a processor itself. */
const threadsAtMost = Math.max(1, Math.min(4, availableParallelism() - 1));

/** What is not shared would be copied with all of the memory around it. */
const shareable = (bytes: Uint8Array): Uint8Array =>
  bytes.buffer instanceof SharedArrayBuffer ? bytes : new Uint8Array(bytes);

class HashThread {
  readonly #worker = new Worker(new URL('hash-worker.ts', import.meta.url), {
    name: 'hashing',
    // It keeps next to nothing of its own.
    resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 },
  });
  /** In the order of asking, which is that of the answers. */
  readonly #waiting: Waiting[] = [];
  #failure: Error | undefined;
  #streams = 0;
  #made = 0;

  constructor() {
    this.#worker
      .on('message', (answer: Answer) => {
        this.#waiting.shift()?.resolve(answer);
        if (this.#waiting.length === 0) this.#worker.unref();
      })
      .on('error', (error) => this.#fail(error))
      .on('exit', (code) => this.#fail(new Error(`the hashing thread ended with code ${code}`)));
    this.#worker.unref();
  }

  get isAlive(): boolean {
    return this.#failure === undefined;
  }

  get streams(): number {
    return this.#streams;
  }

  open(algorithm: DigestAlgorithm): ThreadHash {
    const stream = this.#number();
    this.#tell({ kind: 'create', stream, algorithm });
    return this.#hashOf(stream);
  }

  #hashOf(stream: number): ThreadHash {
    const isAlive = (): boolean => this.isAlive;
    return {
      get isAlive() {
        return isAlive();
      },
      update: (bytes) => this.#ask({ kind: 'update', stream, bytes: shareable(bytes) }),
      copy: () => {
        const copy = this.#number();
        this.#tell({ kind: 'copy', stream: copy, from: stream });
        return this.#hashOf(copy);
      },
      digest: () => this.#ask({ kind: 'digest', stream }),
      drop: () => {
        this.#streams -= 1;
        this.#tell({ kind: 'drop', stream });
      },
    };
  }

  #number(): number {
    this.#streams += 1;
    return (this.#made += 1);
  }

  #tell(order: Order): void {
    if (this.isAlive) this.#worker.postMessage(order, []);
  }

  #ask(order: Asking): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      if (this.#waiting.length === 0) this.#worker.ref();
      this.#waiting.push({ resolve, reject });
      this.#tell(order);
    });
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}

export class HashThreads {
  #threads: HashThread[] = [];

  /** Hashes for a new stream, on the thread that has the fewest. */
  open(algorithm: DigestAlgorithm): ThreadHash {
    this.#threads = this.#threads.filter(({ isAlive }) => isAlive);
    const [least] = this.#threads.toSorted((a, b) => a.streams - b.streams);
    if (least && (least.streams === 0 || this.#threads.length >= threadsAtMost)) return least.open(algorithm);
    const thread = new HashThread();
    this.#threads.push(thread);
    return thread.open(algorithm);
  }
}
