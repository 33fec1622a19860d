/** Calls of this command line to its own server, signed with the root key. */
import {
  callAws,
  ecrModel,
  ecsModel,
  logsModel,
  type ecr,
  type ecs,
  type logs,
  type OperationsShape,
} from '@oreno/aws-wire';
import type { DataDir, RunningNote } from './data-dir.ts';
import { rootAccessKey } from './root-key.ts';

/** Calls one operation of a service. Throws AwsError with the service's own code. */
type Call<Ops extends OperationsShape<Ops>> = <Name extends keyof Ops & string>(
  operation: Name,
  input: Ops[Name]['input'],
) => Promise<Ops[Name]['output']>;

export interface Client {
  readonly ecs: Call<ecs.Operations>;
  readonly ecr: Call<ecr.Operations>;
  readonly logs: Call<logs.Operations>;
}

/** Makes the client of the server that the note tells of. */
export const openClient = (dataDir: DataDir, note: RunningNote): Client => {
  const { accessKeyId, secretAccessKey } = rootAccessKey(dataDir);
  const common = { origin: note.origin, region: note.region, credentials: { accessKeyId, secretAccessKey } };
  return {
    ecs: (operation, input) => callAws({ ...common, model: ecsModel, operation, input }),
    ecr: (operation, input) => callAws({ ...common, model: ecrModel, operation, input }),
    logs: (operation, input) => callAws({ ...common, model: logsModel, operation, input }),
  };
};
