/**
 * Reads botocore's service models. Only the members that the tables are made from are typed here; botocore's
 * own format is described in its `model.py`. Nothing is interpreted: that is for table.ts and types.ts.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SourceReference {
  readonly shape: string;
  readonly location?: string;
  readonly locationName?: string;
  readonly flattened?: boolean;
  readonly streaming?: boolean;
  readonly idempotencyToken?: boolean;
  readonly hostLabel?: boolean;
  readonly eventpayload?: boolean;
  readonly eventheader?: boolean;
  readonly xmlAttribute?: boolean;
  readonly timestampFormat?: string;
  readonly jsonvalue?: boolean;
}

export interface SourceShape {
  readonly type: string;
  readonly members?: Readonly<Record<string, SourceReference>>;
  readonly member?: SourceReference;
  readonly key?: SourceReference;
  readonly value?: SourceReference;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly timestampFormat?: string;
  readonly flattened?: boolean;
  readonly locationName?: string;
  readonly sensitive?: boolean;
  readonly streaming?: boolean;
  readonly eventstream?: boolean;
  readonly event?: boolean;
  readonly union?: boolean;
  readonly document?: boolean;
  readonly exception?: boolean;
  readonly fault?: boolean;
  readonly error?: { readonly code?: string; readonly httpStatusCode?: number; readonly senderFault?: boolean };
}

export interface SourceOperation {
  readonly name: string;
  readonly http?: { readonly method?: string; readonly requestUri?: string };
  readonly input?: { readonly shape: string };
  readonly output?: { readonly shape: string; readonly resultWrapper?: string };
  readonly errors?: readonly { readonly shape: string }[];
  readonly endpoint?: { readonly hostPrefix?: string };
  readonly authtype?: string;
  readonly requestcompression?: { readonly encodings?: readonly string[] };
}

export interface SourceModel {
  readonly metadata: {
    readonly apiVersion: string;
    readonly endpointPrefix: string;
    readonly signingName?: string;
    readonly serviceId: string;
    readonly protocols?: readonly string[];
    readonly protocol: string;
    readonly jsonVersion?: string;
    readonly targetPrefix?: string;
    readonly xmlNamespace?: string;
    readonly awsQueryCompatible?: object;
  };
  readonly operations: Readonly<Record<string, SourceOperation>>;
  readonly shapes: Readonly<Record<string, SourceShape>>;
}

/** The `data` folder of the botocore package that the `python3` on the path imports. */
export const installedDataFolder = (): string => {
  const script = 'import botocore,os;print(os.path.join(os.path.dirname(botocore.__file__),"data"))';
  return execFileSync('python3', ['-c', script], { encoding: 'utf8' }).trim();
};

/** The newest `service-2.json` of `<data>/<service>/<version>/`. */
export const readModel = (dataFolder: string, service: string): SourceModel => {
  const versions = readdirSync(join(dataFolder, service))
    .filter((version) => existsSync(join(dataFolder, service, version, 'service-2.json')))
    .toSorted();
  const newest = versions.at(-1);
  if (newest === undefined) throw new Error(`${dataFolder}/${service} holds no service-2.json`);
  return JSON.parse(readFileSync(join(dataFolder, service, newest, 'service-2.json'), 'utf8')) as SourceModel;
};
