import { EngineError } from './engine-error.ts';
import type { Engine, ExecResult } from './engine.ts';
import { demultiplex } from './multiplexed.ts';
import type { Transport } from './transport.ts';

/** Runs a command in a container (no TTY, no input) and collects its output; `timeoutMs` bounds the whole of it. */
export async function execIn(
  transport: Transport,
  container: string,
  command: readonly string[],
  options: Parameters<Engine['exec']>[2] = {},
): Promise<ExecResult> {
  const limit = AbortSignal.timeout(options.timeoutMs ?? 60_000);
  const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
  const about = { operation: 'exec', subject: container, signal };
  try {
    const { Id } = await transport.json<{ Id: string }>({
      method: 'POST',
      path: `/containers/${encodeURIComponent(container)}/exec`,
      json: {
        Cmd: command,
        AttachStdout: true,
        AttachStderr: true,
        User: options.user,
        Env: options.env,
        WorkingDir: options.workingDir,
      },
      ...about,
    });
    const response = await transport.open({
      method: 'POST',
      path: `/exec/${Id}/start`,
      json: { Detach: false, Tty: false },
      ...about,
    });
    const output: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
    for await (const chunk of demultiplex(response)) output[chunk.stream].push(chunk.data);
    const { ExitCode } = await transport.json<{ ExitCode: number }>({
      method: 'GET',
      path: `/exec/${Id}/json`,
      ...about,
    });
    return { exitCode: ExitCode, stdout: Buffer.concat(output.stdout), stderr: Buffer.concat(output.stderr) };
  } catch (error) {
    if (error instanceof EngineError || !limit.aborted) throw error;
    throw new EngineError('timeout', 0, 'the command did not end in time', 'exec', container, { cause: error });
  }
}
