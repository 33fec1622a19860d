/**
 * The error that a handler throws on purpose: a modelled exception of the service, with the code that
 * clients switch on. Anything else that is thrown becomes the service's ServerException and is logged.
 */
export class AwsError extends Error {
  /** The shape's name, for example `ClusterNotFoundException`; the dispatcher knows its HTTP status and query code. */
  readonly code: string;
  /** Further members of the modelled error shape, for example `resourceIds`. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, members: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.members = members;
  }
}
