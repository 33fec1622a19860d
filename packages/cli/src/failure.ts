/** An end that was foreseen: the text says what failed, why, and what to do; no stack is shown. */
export class CommandFailure extends Error {
  /** 1 failure, 2 usage; another program's own code where it is passed through. */
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.name = 'CommandFailure';
    this.exitCode = exitCode;
  }
}

/** What another package foresaw, named by its class, as an end of the command; anything else as it came. */
export const foreseen =
  (kind: new (message: string) => Error) =>
  (error: unknown): never => {
    throw error instanceof kind ? new CommandFailure(error.message) : error;
  };
