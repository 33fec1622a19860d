/** The payloads whose acknowledgement a session waits for, by message id: agents are matched on nothing else. */
import type { Told } from './known-tasks.ts';
import type { PayloadTask } from './messages.ts';

/** Payloads of one session whose acknowledgement is still recognised; a bad one is never acknowledged. */
const remembered = 5_000;

export class SentPayloads {
  readonly #told = new Map<string, readonly Told[]>();

  add(messageId: string, payloads: readonly PayloadTask[]): void {
    this.#told.set(
      messageId,
      payloads.map(({ arn, desiredStatus }) => ({
        taskId: arn.slice(arn.lastIndexOf('/') + 1),
        desired: desiredStatus,
      })),
    );
    const [oldest] = this.#told.keys();
    if (this.#told.size > remembered && oldest !== undefined) this.#told.delete(oldest);
  }

  /** What the message told, once; nothing for a message that is not waited for. */
  take(messageId: string): readonly Told[] {
    const told = this.#told.get(messageId) ?? [];
    this.#told.delete(messageId);
    return told;
  }
}
