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
