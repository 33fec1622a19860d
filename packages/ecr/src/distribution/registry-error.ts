/**
 * Errors as the distribution protocol answers them: a status and a list of `{code, message, detail}`. Each code is
 * tied to its status here, and here alone ECR's exceptions become codes of the protocol.
 */
import { AwsError } from '@oreno/aws-wire';
import { UploadFault } from '../content/upload-fault.ts';
import { UpstreamFailure } from '../content/upstream-client.ts';
import type { UploadFaultKind } from '../content/upload-fault.ts';

const statusOf = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  SIZE_INVALID: 400,
  TAG_INVALID: 400,
  DENIED: 403,
  UNSUPPORTED: 405,
  TOOMANYREQUESTS: 429,
  UNKNOWN: 500,
} as const;

export type RegistryErrorCode = keyof typeof statusOf;

export interface RegistryErrorItem {
  readonly code: RegistryErrorCode;
  readonly message: string;
  readonly detail?: unknown;
}

export class RegistryError extends Error {
  readonly status: number;
  readonly errors: readonly RegistryErrorItem[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    errors: readonly [RegistryErrorItem, ...RegistryErrorItem[]],
    options: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(errors[0].message);
    this.errors = errors;
    this.status = options.status ?? statusOf[errors[0].code];
    this.headers = options.headers ?? {};
  }
}

/** An error of one code. */
export const registryError = (
  code: RegistryErrorCode,
  message: string,
  options: {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly detail?: unknown;
  } = {},
): RegistryError => new RegistryError([{ code, message, detail: options.detail }], options);

const codeOfException: Readonly<Record<string, RegistryErrorCode>> = {
  RepositoryNotFoundException: 'NAME_UNKNOWN',
  ImageNotFoundException: 'MANIFEST_UNKNOWN',
  AccessDenied: 'DENIED',
  AccessDeniedException: 'DENIED',
  ThrottlingException: 'TOOMANYREQUESTS',
};

const errorOfFault: { readonly [Kind in UploadFaultKind]: (fault: UploadFault) => RegistryError } = {
  unknown: () => registryError('BLOB_UPLOAD_UNKNOWN', 'The upload does not exist in this repository, or it has ended'),
  outOfOrder: ({ size }) =>
    registryError('BLOB_UPLOAD_INVALID', `The chunk must start at byte ${size}`, {
      status: 416,
      headers: { Range: receivedRange(size) },
    }),
  wrongSize: () => registryError('SIZE_INVALID', 'The number of bytes received is not the number announced'),
  wrongDigest: () => registryError('DIGEST_INVALID', 'The content received does not match the digest'),
  repositoryGone: () => registryError('NAME_UNKNOWN', 'The repository was deleted while the layer was pushed'),
};

const errorOfUpstream: { readonly [Kind in UpstreamFailure['kind']]: (failure: UpstreamFailure) => RegistryError } = {
  absent: ({ message }) => registryError('MANIFEST_UNKNOWN', `The upstream registry does not have it: ${message}`),
  refused: ({ message }) => registryError('DENIED', `The upstream registry refused: ${message}`),
  unreachable: ({ message }) =>
    registryError('UNKNOWN', `The upstream registry does not answer: ${message}`, { status: 502 }),
};

/** The `Range` header that tells how much of an upload is here; `0-0` is customary for nothing. */
export const receivedRange = (size: number): string => `0-${Math.max(0, size - 1)}`;

/** What a failure answers; undefined for what nobody foresaw. */
export const toRegistryError = (error: unknown): RegistryError | undefined => {
  if (error instanceof RegistryError) return error;
  if (error instanceof UploadFault) return errorOfFault[error.kind](error);
  if (error instanceof UpstreamFailure) return errorOfUpstream[error.kind](error);
  if (error instanceof AwsError) {
    const code = codeOfException[error.code];
    return code === undefined ? undefined : registryError(code, error.message);
  }
  return undefined;
};
