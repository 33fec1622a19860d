/** The event stream of the fake server. */
import type { WebSocket } from 'ws';
import type { LxdEvent } from '../events.ts';

export class FakeEvents {
  readonly #listeners = new Map<WebSocket, ReadonlySet<string>>();

  /** `types` as in the query: names with commas between, all when empty. */
  listen(socket: WebSocket, types: string): void {
    this.#listeners.set(socket, new Set(types.split(',').filter((type) => type !== '')));
    socket.on('close', () => this.#listeners.delete(socket));
    socket.on('error', () => {});
  }

  emit(type: LxdEvent['type'], metadata: LxdEvent['metadata'], project = 'default'): void {
    const event: LxdEvent = { type, timestamp: new Date().toISOString(), metadata, project };
    for (const [socket, types] of this.#listeners) {
      if (types.size === 0 || types.has(type)) socket.send(JSON.stringify(event));
    }
  }

  lifecycle(action: string, source: string, project?: string): void {
    this.emit('lifecycle', { action, source: `/1.0${source}` }, project);
  }

  /** Cuts every listener off, as a server that restarts does. */
  cut(): void {
    for (const socket of this.#listeners.keys()) socket.terminate();
  }
}
