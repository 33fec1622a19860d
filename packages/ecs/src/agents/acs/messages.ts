/**
 * The shapes that travel over an ACS websocket (the agent communication service), in both directions, as the
 * ECS agent's own model has them. Everything is an envelope with a type and a message; a member the agent does
 * not know is dropped by it, and one of a wrong type makes the whole message undecodable.
 */

/** One JSON text frame, in both directions, on ACS and TCS alike. */
export interface Envelope<Type extends string = string, Message = unknown> {
  readonly type: Type;
  readonly message: Message;
}

/** Credentials of a role, as the agent serves them to containers. `expiration` is ISO 8601 and echoed verbatim. */
export interface RoleCredentials {
  readonly credentialsId: string;
  readonly roleArn: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: string;
}

export type RoleType = 'TaskApplication' | 'TaskExecution';

export interface RegistryAuthentication {
  readonly type: 'ecr';
  readonly ecrAuthData: {
    readonly registryId: string;
    readonly region: string;
    readonly endpointOverride: string;
    readonly useExecutionRole: boolean;
  };
}

export interface PayloadPortMapping {
  readonly containerPort?: number;
  readonly hostPort?: number;
  readonly containerPortRange?: string;
  readonly protocol: 'tcp' | 'udp';
}

/** A container of a payload task. Units: cpu in Docker's shares, memory in MiB, timeouts in seconds. */
export interface PayloadContainer {
  readonly name: string;
  readonly image: string;
  readonly essential: boolean;
  readonly containerArn?: string;
  readonly command?: readonly string[];
  readonly entryPoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly cpu?: number;
  readonly memory?: number;
  readonly portMappings?: readonly PayloadPortMapping[];
  readonly links?: readonly string[];
  readonly mountPoints?: readonly { sourceVolume: string; containerPath: string; readOnly: boolean }[];
  readonly volumesFrom?: readonly { sourceContainer: string; readOnly: boolean }[];
  readonly dependsOn?: readonly { containerName: string; condition: string }[];
  readonly startTimeout?: number;
  readonly stopTimeout?: number;
  /** Docker's own API objects, as JSON text: bytes and nanoseconds. */
  readonly dockerConfig?: { readonly config: string; readonly hostConfig: string };
  readonly healthCheckType?: 'docker';
  readonly registryAuthentication?: RegistryAuthentication;
  readonly logsAuthStrategy?: 'ExecutionRole';
  readonly firelensConfiguration?: { readonly type: string; readonly options?: Readonly<Record<string, string>> };
  readonly credentialSpecs?: readonly string[];
  readonly restartPolicy?: {
    readonly enabled: boolean;
    readonly ignoredExitCodes?: readonly number[];
    readonly restartAttemptPeriod?: number;
  };
  readonly overrides?: string;
}

export interface PayloadVolume {
  readonly name: string;
  readonly type: 'host' | 'docker';
  readonly host?: { readonly sourcePath?: string };
  readonly dockerVolumeConfiguration?: {
    readonly scope: 'task' | 'shared';
    readonly autoprovision?: boolean;
    readonly driver?: string;
    readonly driverOpts?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

/** A task of a payload. `cpu` is a count of virtual CPUs (0.25 is a quarter core), `memory` MiB. */
export interface PayloadTask {
  readonly arn: string;
  readonly taskClusterArn: string;
  readonly family: string;
  readonly version: string;
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
  readonly containers: readonly PayloadContainer[];
  readonly overrides?: string;
  readonly networkMode?: string;
  readonly cpu?: number;
  readonly memory?: number;
  readonly pidMode?: string;
  readonly ipcMode?: string;
  readonly volumes?: readonly PayloadVolume[];
  readonly roleCredentials?: RoleCredentials;
  readonly executionRoleCredentials?: RoleCredentials;
  readonly proxyConfiguration?: {
    readonly type: string;
    readonly containerName: string;
    readonly properties: Readonly<Record<string, string>>;
  };
  readonly associations?: readonly {
    readonly name: string;
    readonly type: 'gpu';
    readonly containers: readonly string[];
    readonly content: { readonly encoding: 'identity'; readonly value: string };
  }[];
  readonly launchType?: string;
  readonly serviceName?: string;
  readonly group?: string;
  readonly enableFaultInjection?: boolean;
}

export interface TaskIdentifier {
  readonly taskArn: string;
  readonly taskClusterArn: string;
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
}

/** What the server sends. `seqNum` is left out of payloads: old agents would queue starts behind slow stops. */
export interface ServerMessages {
  readonly HeartbeatMessage: { readonly healthy: boolean; readonly messageId: string };
  readonly PayloadMessage: {
    readonly messageId: string;
    readonly clusterArn: string;
    readonly containerInstanceArn: string;
    readonly generatedAt: number;
    readonly tasks: readonly PayloadTask[];
  };
  readonly IAMRoleCredentialsMessage: {
    readonly messageId: string;
    readonly taskArn: string;
    readonly taskClusterArn: string;
    readonly roleType: RoleType;
    readonly roleCredentials: RoleCredentials;
  };
  readonly TaskManifestMessage: {
    readonly messageId: string;
    readonly clusterArn: string;
    readonly containerInstanceArn: string;
    readonly generatedAt: number;
    readonly timeline: number;
    readonly tasks: readonly TaskIdentifier[];
  };
  readonly TaskStopVerificationAck: {
    readonly messageId: string;
    readonly generatedAt: number;
    readonly stopTasks: readonly TaskIdentifier[];
  };
}
