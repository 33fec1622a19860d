/**
 * A container agent without an engine: speaks the real API and the real websockets, acknowledges payloads and
 * reports that tasks run and end, after times that are set. Light enough to run thousands in one process: no
 * timer of its own but for tasks under way, and nothing kept that was not asked for.
 */
import type { ecs } from '@oreno/aws-wire';
import { callAws, ecsModel, sign } from '@oreno/aws-wire';
import { WebSocket } from 'ws';

export interface AgentCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** The three API calls that an agent lives by. */
export interface AgentApi {
  register(request: ecs.RegisterContainerInstanceRequest): Promise<ecs.RegisterContainerInstanceResponse>;
  discover(request: ecs.DiscoverPollEndpointRequest): Promise<ecs.DiscoverPollEndpointResponse>;
  submit(request: ecs.SubmitTaskStateChangeRequest): Promise<ecs.SubmitTaskStateChangeResponse>;
}

/** A task as a payload carries it; only what the simulation looks at is named. */
export interface ReceivedTask {
  readonly arn: string;
  readonly family: string;
  readonly version: string;
  readonly desiredStatus: 'RUNNING' | 'STOPPED';
  readonly containers: readonly { readonly name: string; readonly [member: string]: unknown }[];
  readonly [member: string]: unknown;
}

export interface ReceivedMessage {
  readonly type: string;
  readonly message: Readonly<Record<string, unknown>> & { readonly messageId?: string };
}

export interface SimulatedAgentOptions {
  /** Scheme, host and port of the server. */
  readonly origin: string;
  readonly region: string;
  readonly credentials: AgentCredentials;
  readonly cluster: string;
  readonly agentVersion?: string | undefined;
  /** CPU units and MiB. */
  readonly cpu?: number | undefined;
  readonly memory?: number | undefined;
  readonly attributes?: readonly ecs.Attribute[] | undefined;
  /** Taken instead of registering. */
  readonly containerInstanceArn?: string | undefined;
  readonly api?: AgentApi | undefined;
  /** Milliseconds from a payload to RUNNING; 0 when absent. */
  readonly startsIn?: number | undefined;
  /** Milliseconds from RUNNING to the end with exit code 0; until it is stopped when absent. */
  readonly runsFor?: number | undefined;
  /** Milliseconds from the word to stop to the end; 0 when absent. */
  readonly endsIn?: number | undefined;
  /** Whether a payload's tasks are taken; refused ones are not acknowledged and reported STOPPED. All when absent. */
  readonly takes?: ((task: ReceivedTask) => boolean) | undefined;
  /** Sees every message from the server, on ACS (and TCS, where that is open). */
  readonly onMessage?: ((message: ReceivedMessage, channel: 'acs' | 'tcs') => void) | undefined;
  /** Answers payloads and heartbeats by itself; true when absent. */
  readonly answers?: boolean | undefined;
}

interface AgentTask {
  readonly arn: string;
  readonly containers: readonly string[];
  status: 'PENDING' | 'RUNNING' | 'STOPPED';
}

const httpApi = ({ origin, region, credentials }: SimulatedAgentOptions): AgentApi => {
  const call = { origin, region, credentials, model: ecsModel };
  return {
    register: (input) => callAws({ ...call, operation: 'RegisterContainerInstance', input }),
    discover: (input) => callAws({ ...call, operation: 'DiscoverPollEndpoint', input }),
    submit: (input) => callAws({ ...call, operation: 'SubmitTaskStateChange', input }),
  };
};

const query = (parameters: Readonly<Record<string, string>>): string =>
  Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');

/** The attributes that an agent with Docker 20.10 registers, as far as tasks ask for them. */
export const commonAttributes: readonly ecs.Attribute[] = [
  ...['1.17', '1.18', '1.19', '1.21', '1.22', '1.25', '1.29', '1.32'].map((version) => ({
    name: `com.amazonaws.ecs.capability.docker-remote-api.${version}`,
  })),
  ...['logging-driver.json-file', 'logging-driver.awslogs', 'ecr-auth', 'task-iam-role', 'privileged-container'].map(
    (name) => ({ name: `com.amazonaws.ecs.capability.${name}` }),
  ),
  ...['container-ordering', 'container-health-check', 'execution-role-ecr-pull', 'task-cpu-mem-limit', 'full-sync'].map(
    (name) => ({ name: `ecs.capability.${name}` }),
  ),
  { name: 'ecs.os-type', value: 'linux' },
  { name: 'ecs.cpu-architecture', value: 'x86_64' },
];

/** The header block of a telemetry message, as long as a real one; its signature is not looked at after the handshake. */
const telemetryPreamble = [
  'Authorization: AWS4-HMAC-SHA256 Credential=AKIASIMULATED0000000/20260101/us-east-1/ecs/aws4_request, ' +
    `SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`,
  'Host: 127.0.0.1:4566',
  'X-Amz-Date: 20260101T000000Z',
  '\r\n',
].join('\r\n');

export class SimulatedAgent {
  readonly #options: SimulatedAgentOptions;
  readonly #api: AgentApi;
  readonly #tasks = new Map<string, AgentTask>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #arn: string;
  #sendCredentials = true;
  #acs: WebSocket | undefined;
  #tcs: WebSocket | undefined;

  constructor(options: SimulatedAgentOptions) {
    this.#options = options;
    this.#api = options.api ?? httpApi(options);
    this.#arn = options.containerInstanceArn ?? '';
  }

  get containerInstanceArn(): string {
    return this.#arn;
  }

  /** The tasks that this agent knows, with what it last reported. */
  get tasks(): ReadonlyMap<string, { readonly status: string }> {
    return this.#tasks;
  }

  /** The open ACS socket, for tests that misbehave. */
  get acsSocket(): WebSocket | undefined {
    return this.#acs;
  }

  get tcsSocket(): WebSocket | undefined {
    return this.#tcs;
  }

  /** Registers the container instance as the real agents do. */
  async register(): Promise<string> {
    const { cluster, cpu = 4_096, memory = 16_384, attributes = commonAttributes } = this.#options;
    const { containerInstance } = await this.#api.register({
      cluster,
      instanceIdentityDocument: '',
      instanceIdentityDocumentSignature: '',
      attributes,
      totalResources: [
        { name: 'CPU', type: 'INTEGER', integerValue: cpu },
        { name: 'MEMORY', type: 'INTEGER', integerValue: memory },
        { name: 'PORTS', type: 'STRINGSET', stringSetValue: ['22', '2375', '2376', '51678', '51679'] },
        { name: 'PORTS_UDP', type: 'STRINGSET', stringSetValue: [] },
      ],
    });
    this.#arn = containerInstance?.containerInstanceArn ?? '';
    return this.#arn;
  }

  /** Opens the ACS socket; rejects with the server's answer when it is refused. */
  async connect(): Promise<void> {
    const { cluster, agentVersion = '1.101.0' } = this.#options;
    const parameters = query({
      agentHash: 'simulated',
      agentVersion,
      clusterArn: cluster,
      containerInstanceArn: this.#arn,
      dockerVersion: 'DockerVersion: 20.10.24+dfsg1',
      protocolVersion: '2',
      sendCredentials: String(this.#sendCredentials),
      seqNum: '1',
    });
    await this.#open('acs', parameters);
    this.#sendCredentials = false;
  }

  /** Opens the TCS socket. */
  async connectTelemetry(): Promise<void> {
    const { cluster, agentVersion = '1.101.0' } = this.#options;
    const parameters = query({
      agentHash: 'simulated',
      agentVersion,
      cluster,
      containerInstance: this.#arn,
      dockerVersion: '20.10.24+dfsg1',
    });
    await this.#open('tcs', parameters);
  }

  /** Sends a telemetry message with the header block that agents put before it. */
  publish(type: string, message: object): void {
    this.publishText(JSON.stringify({ type, message }));
  }

  /** The same with an envelope that is text already. */
  publishText(json: string): void {
    if (this.#tcs?.readyState === WebSocket.OPEN) this.#tcs.send(telemetryPreamble + json);
  }

  /** Sends one ACS envelope. */
  say(type: string, message: object): void {
    this.#acs?.send(JSON.stringify({ type, message }));
  }

  /** Breaks the connections without a closing frame, as a cut cable does. */
  disconnect(): void {
    this.#acs?.terminate();
    this.#tcs?.terminate();
  }

  /** What a restarted process of the agent forgets. */
  forgetCredentials(): void {
    this.#sendCredentials = true;
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.disconnect();
  }

  #open(channel: 'acs' | 'tcs', parameters: string): Promise<void> {
    const { origin, region, credentials } = this.#options;
    const url = `${origin}/${channel}/ws?${parameters}`;
    const { host: _, ...headers } = sign({ method: 'GET', url, region, service: 'ecs', credentials, now: Date.now() });
    const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers, perMessageDeflate: false });
    // Before it is open: the first messages can come with the server's answer.
    if (channel === 'acs') this.#acs = socket;
    else this.#tcs = socket;
    socket.on('message', (data: Buffer) => this.#receive(JSON.parse(data.toString()) as ReceivedMessage, channel));
    return new Promise((resolve, reject) => {
      socket.once('open', () => {
        socket.on('error', () => undefined);
        resolve();
      });
      socket.once('error', reject);
      socket.once('unexpected-response', (_request, response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => reject(new Error(`${response.statusCode} ${body}`)));
      });
    });
  }

  #receive(message: ReceivedMessage, channel: 'acs' | 'tcs'): void {
    this.#options.onMessage?.(message, channel);
    if (channel === 'tcs' || this.#options.answers === false) return;
    const { messageId } = message.message;
    if (message.type === 'HeartbeatMessage') this.say('HeartbeatAckRequest', { messageId });
    if (message.type === 'PayloadMessage') this.#take(message);
    if (message.type === 'IAMRoleCredentialsMessage') this.#acknowledgeCredentials(message, 'roleCredentials');
  }

  #acknowledgeCredentials(message: { readonly message: object }, member: string): void {
    const { messageId, [member]: credentials } = message.message as Record<string, unknown>;
    if (typeof credentials !== 'object' || credentials === null) return;
    const { credentialsId, expiration } = credentials as Record<string, unknown>;
    this.say('IAMRoleCredentialsAckRequest', { messageId, credentialsId, expiration });
  }

  #take({ message }: ReceivedMessage): void {
    const tasks = message['tasks'] as readonly ReceivedTask[];
    const refused = tasks.filter((task) => this.#options.takes?.(task) === false);
    for (const task of refused) {
      const reason = 'UnrecogniedTaskError: Error loading task - simulated';
      void this.#submit({ task: task.arn, status: 'STOPPED', reason, containers: [] });
    }
    for (const task of tasks) if (!refused.includes(task)) this.#takeTask(task, message.messageId ?? '');
    if (refused.length === 0) {
      this.say('AckRequest', {
        cluster: this.#options.cluster,
        containerInstance: this.#arn,
        messageId: message.messageId,
      });
    }
  }

  #takeTask(task: ReceivedTask, messageId: string): void {
    for (const member of ['roleCredentials', 'executionRoleCredentials']) {
      this.#acknowledgeCredentials({ message: { ...task, messageId } }, member);
    }
    const known = this.#tasks.get(task.arn);
    if (task.desiredStatus === 'STOPPED') {
      const ending = known ?? this.#remember(task);
      if (ending.status !== 'STOPPED') this.#later(this.#options.endsIn ?? 0, () => this.#end(ending, 137));
    } else if (known === undefined) {
      const started = this.#remember(task);
      this.#later(this.#options.startsIn ?? 0, () => this.#run(started));
    }
  }

  #remember(task: ReceivedTask): AgentTask {
    const kept: AgentTask = { arn: task.arn, containers: task.containers.map(({ name }) => name), status: 'PENDING' };
    this.#tasks.set(task.arn, kept);
    return kept;
  }

  #run(task: AgentTask): void {
    if (task.status !== 'PENDING') return;
    task.status = 'RUNNING';
    const containers = task.containers.map((containerName) => ({
      containerName,
      status: 'RUNNING',
      runtimeId: 'simulated',
    }));
    void this.#submit({ task: task.arn, status: 'RUNNING', reason: '', containers });
    const { runsFor } = this.#options;
    if (runsFor !== undefined) this.#later(runsFor, () => this.#end(task, 0));
  }

  #end(task: AgentTask, exitCode: number): void {
    if (task.status === 'STOPPED') return;
    task.status = 'STOPPED';
    const containers = task.containers.map((containerName) => ({ containerName, status: 'STOPPED', exitCode }));
    void this.#submit({ task: task.arn, status: 'STOPPED', reason: '', containers, executionStoppedAt: Date.now() });
  }

  async #submit(change: ecs.SubmitTaskStateChangeRequest): Promise<void> {
    for (let attempt = 0; attempt < 10; attempt += 1) {
      try {
        await this.#api.submit({ cluster: this.#options.cluster, ...change });
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 200 * 1.3 ** attempt));
      }
    }
  }

  #later(delay: number, work: () => void): void {
    if (delay === 0) {
      work();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, delay);
    this.#timers.add(timer);
  }
}
