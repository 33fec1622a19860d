/**
 * Progress streams (pull, push, load, import, build): one JSON value after the other, where an error may come after
 * the status 200. Reading one to its end is what makes the operation complete.
 */
import type { IncomingMessage } from 'node:http';
import { EngineError } from './engine-error.ts';
import type { ProgressMessage } from './engine-types.ts';
import type { ProgressOptions } from './engine.ts';
import { jsonValues } from './json-values.ts';
import type { Transport, TransportCall } from './transport.ts';

/** Runs the call, hands on each message, and throws the error that the stream carried. */
export async function runWithProgress(
  transport: Transport,
  call: TransportCall,
  options: ProgressOptions | undefined,
  onMessage?: (message: ProgressMessage) => void,
): Promise<void> {
  const response = await transport.open({ timeoutMs: options?.timeoutMs ?? 300_000, signal: options?.signal, ...call });
  const watch = watchInactivity(response, options?.inactivityMs, call);
  try {
    for await (const message of jsonValues<ProgressMessage>(response)) {
      watch.touch();
      const failure = message.errorDetail?.message ?? message.error;
      if (failure !== undefined) throw new EngineError('response', 500, failure, call.operation, call.subject);
      onMessage?.(message);
      options?.onProgress?.(message);
    }
  } catch (error) {
    if (error instanceof EngineError) throw error;
    if (options?.signal?.aborted) throw options.signal.reason;
    const text = error instanceof Error ? error.message : String(error);
    throw new EngineError('connection', 0, `the engine broke off: ${text}`, call.operation, call.subject, {
      cause: error,
    });
  } finally {
    watch.stop();
  }
}

function watchInactivity(response: IncomingMessage, limit: number | undefined, call: TransportCall) {
  if (limit === undefined) return { touch: () => {}, stop: () => {} };
  const giveUp = () =>
    response.destroy(
      new EngineError('timeout', 0, `no progress of ${call.operation} for ${limit} ms`, call.operation, call.subject),
    );
  let timer = setTimeout(giveUp, limit);
  return {
    touch() {
      clearTimeout(timer);
      timer = setTimeout(giveUp, limit);
    },
    stop: () => clearTimeout(timer),
  };
}
