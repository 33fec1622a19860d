/**
 * A container's log configuration as dockerd must get it. For `awslogs` that means final options: the engine
 * knows neither ECS's stream prefix nor where this server's CloudWatch Logs is, nor with which credentials to
 * call it. Pure.
 */
import type { ecs } from '@oreno/aws-wire';

/** What the options depend on besides the definition. */
export interface LogPlace {
  readonly taskId: string;
  readonly containerName: string;
  readonly region: string;
  /** Where dockerd on the instance reaches CloudWatch Logs: scheme, host, port, and a path if any. */
  readonly logsOrigin: string;
  readonly executionCredentialsId: string;
  /** The instance's agent hands the execution role to dockerd itself, and the task names such a role. */
  readonly agentGivesCredentials: boolean;
}

export interface PayloadLogConfiguration {
  readonly logConfig: { readonly Type: string; readonly Config: Readonly<Record<string, string>> };
  readonly logsAuthStrategy?: 'ExecutionRole';
}

/**
 * Where Amazon's agent serves credentials on the instance. The driver builds its URL by putting the option's
 * value behind `http://169.254.170.2`; a value that begins with `@host` turns that address into user info.
 */
const agentCredentials = '@127.0.0.1:51679/v2/credentials/';

/** Not for dockerd: the prefix is ECS's own, and engines 23 to 28 refuse the other although they document it. */
const keptBack = new Set(['awslogs-stream-prefix', 'awslogs-create-stream']);

const awslogs = (options: Readonly<Record<string, string>>, place: LogPlace): PayloadLogConfiguration => {
  const prefix = options['awslogs-stream-prefix'];
  const given = Object.fromEntries(Object.entries(options).filter(([name]) => !keptBack.has(name)));
  const ownCredentials = 'awslogs-credentials-endpoint' in given;
  return {
    logConfig: {
      Type: 'awslogs',
      Config: {
        'awslogs-region': place.region,
        'awslogs-endpoint': place.logsOrigin,
        ...given,
        ...(prefix ? { 'awslogs-stream': `${prefix}/${place.containerName}/${place.taskId}` } : {}),
        ...(ownCredentials || place.agentGivesCredentials
          ? {}
          : { 'awslogs-credentials-endpoint': `${agentCredentials}${place.executionCredentialsId}` }),
      },
    },
    ...(place.agentGivesCredentials && !ownCredentials ? { logsAuthStrategy: 'ExecutionRole' as const } : {}),
  };
};

/** Docker's `LogConfig` and, for awslogs, how dockerd gets credentials (Docker documentation, awslogs). */
export const payloadLogConfiguration = (
  configuration: ecs.LogConfiguration,
  place: LogPlace,
): PayloadLogConfiguration => {
  const options = configuration.options ?? {};
  return configuration.logDriver === 'awslogs'
    ? awslogs(options, place)
    : { logConfig: { Type: configuration.logDriver, Config: options } };
};
