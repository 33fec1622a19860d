/** The commands, their options and their help. The code behind each is loaded only when it is asked for. */
import { Help, type Command, type Option } from 'commander';
import { describeInstances } from './instances/describe.ts';
import { collectPair, dataDirOption, logFormatOption, portOption, scannerOption } from './options.ts';
import { describeLxd } from './lxd/describe.ts';

/** Describes every command on the given program and returns it; nothing is run yet. */
export const describeCommands = (program: Command): Command => {
  program
    .name('oreno')
    .description('Your own Amazon ECS and ECR, on your own machines.')
    .version('0.1.0')
    .exitOverride()
    .enablePositionalOptions()
    // A switch that is off unless it is given needs no word about it.
    .configureHelp({ optionDescription })
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'oreno: ')) })
    .addHelpText(
      'after',
      `
First steps:
  oreno up --detach            start the server and an agent on this machine
  eval "$(oreno env)"          point the AWS CLI and the SDKs at it
  oreno demo                   see an image go through ECR, ECS and CloudWatch Logs
  oreno down                   stop the server; tasks go on running`,
    );
  describeUp(program);
  describeServerAndAgent(program);
  describeQuestions(program);
  describeAudit(program);
  describeEcr(program);
  describeInstances(program);
  describeLxd(program);
  program
    .command('aws')
    .description('run the AWS CLI, of any version, against oreno')
    .argument('[arguments...]', "the AWS CLI's own arguments, for example: ecs list-clusters")
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .addOption(dataDirOption())
    .action(async (args: string[], options) => (await import('./commands/aws.ts')).aws(args, options));
  finish(program, []);
  return program;
};

const plainHelp = new Help();

const optionDescription = (option: Option): string => {
  const text = plainHelp.optionDescription(option);
  return option.defaultValue === false ? text.replace(/ \(default: false\)$/, '') : text;
};

/** What a command line gets wrong is told by `main`, also below a command, and where its own help is. */
const finish = (command: Command, parents: readonly string[]): void => {
  const path = [...parents, command.name()];
  command.exitOverride().showHelpAfterError(`See: ${path.join(' ')} --help`);
  for (const each of command.commands) finish(each, path);
};

const describeUp = (program: Command): void => {
  program
    .command('up')
    .description('start the server and an agent on this machine; returns or stays with it as you like')
    .option('--detach', 'return once the container instance is ACTIVE', false)
    .option('--install-docker', 'install and start Docker Engine where none answers (Debian or Ubuntu, as root)', false)
    .addOption(portOption())
    .addOption(dataDirOption())
    .option('--tls-cert <file>', 'serve with this certificate (PEM, with its chain)')
    .option('--tls-key <file>', 'the private key of --tls-cert (PEM)')
    .option('--tls-self-signed', 'serve with a certificate of a private CA that is made in the data folder', false)
    .option('--no-amazon-images', "leave images named <account>.dkr.ecr.<region>.amazonaws.com to Amazon's registry")
    .addOption(scannerOption())
    .option('--scanner-updates', 'let the scanner use the network to bring its data up to date', false)
    .option('--account <id>', 'the account, twelve digits (default: 000000000000)')
    .option('--region <name>', 'the region that is used when a client names none (default: us-east-1)')
    .option('--cluster <name>', 'the cluster that this machine joins (default: default)')
    .option('--docker-host <url>', 'the Docker Engine to use (default: $DOCKER_HOST, else unix:///var/run/docker.sock)')
    .addOption(logFormatOption())
    .action(async (options) => (await import('./commands/up.ts')).up(options));
  program
    .command('down')
    .description('stop what "up" started; tasks go on running unless told otherwise')
    .option('--stop-tasks', 'stop the tasks of this machine first; until the next "up" it takes no others', false)
    .addOption(dataDirOption())
    .action(async (options) => (await import('./commands/down.ts')).down(options));
};

const describeServerAndAgent = (program: Command): void => {
  program
    .command('server')
    .description('run the server alone; it needs no Docker')
    .option('--listen <host:port>', 'address to listen on', '127.0.0.1:4566')
    .addOption(dataDirOption())
    .option('--store <url>', 'where records are kept (default: SQLite in the data folder)')
    .option('--blobs <url>', 'where bytes are kept (default: files in the data folder)')
    .option('--no-amazon-images', "leave images named <account>.dkr.ecr.<region>.amazonaws.com to Amazon's registry")
    .addOption(scannerOption())
    .option('--scanner-updates', 'let the scanner use the network to bring its data up to date', false)
    .option(
      '--registry-host <host:port>',
      'the address of the registry in repository URIs (default: the listen address)',
    )
    .option('--tls-cert <file>', 'serve with this certificate (PEM, with its chain)')
    .option('--tls-key <file>', 'the private key of --tls-cert (PEM)')
    .option('--tls-self-signed', 'serve with a certificate of a private CA that is made in the data folder', false)
    .option('--account <id>', 'the account, twelve digits (default: 000000000000)')
    .option('--region <name>', 'the region that is used when a client names none (default: us-east-1)')
    .addOption(logFormatOption())
    .action(async (options) => (await import('./commands/server.ts')).server(options));
  program
    .command('agent')
    .description('run the container agent: this machine joins a cluster as a container instance')
    .requiredOption('--endpoint <url>', 'the server, for example http://10.0.0.1:4566')
    .option('--cluster <name>', 'the cluster to join', 'default')
    .option('--region <name>', 'the region of the cluster (default: $AWS_REGION, else us-east-1)')
    .addOption(dataDirOption())
    .option('--docker-host <url>', 'the Docker Engine to use (default: $DOCKER_HOST, else unix:///var/run/docker.sock)')
    .option('--availability-zone <name>', 'the zone that this machine counts as, for example us-east-1a')
    .option('--capacity-provider <name>', 'the ECS capacity provider that this machine is of')
    .option('--attribute <name=value>', 'an attribute for placement constraints; may be given again', collectPair)
    .option('--ca <file>', "the CA of the server's certificate (PEM): for this agent and for its Docker Engine")
    .option('--credentials-file <file>', "the instance's own credentials, which the agent renews by itself")
    .addOption(logFormatOption())
    .addHelpText(
      'after',
      '\nCredentials: of --credentials-file, else AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.',
    )
    .action(async (options) => (await import('./commands/agent.ts')).agent(options));
};

const describeQuestions = (program: Command): void => {
  program
    .command('status')
    .description('what runs: the server, its container instances and tasks')
    .addOption(dataDirOption())
    .action(async (options) => (await import('./commands/status.ts')).status(options));
  program
    .command('events')
    .description('what happened to tasks, container instances, services and deployments in the last week')
    .option('--follow', 'go on with what happens from now, until it is interrupted', false)
    .option('--json', "print each event as one line of EventBridge's JSON", false)
    .addOption(dataDirOption())
    .action(async (options) => (await import('./commands/events.ts')).events(options));
  program
    .command('env')
    .description('print the environment for the AWS CLI and SDKs: eval "$(oreno env)"')
    .option('--profile <name>', 'write the credentials to this profile of the AWS CLI instead')
    .addOption(dataDirOption())
    .action(async (options) => (await import('./commands/env.ts')).env(options));
  program
    .command('doctor')
    .description('look for what is missing on this machine, and tell the command that mends it')
    .addOption(dataDirOption())
    .action(async (options) => (await import('./commands/doctor.ts')).doctor(options));
  program
    .command('coverage')
    .description('which operations of which service are there')
    .argument('[service]', 'ecs, ecr, logs, cloudwatch, iam or sts')
    .option('--markdown', 'print the page that docs/api-support.md holds', false)
    .action(async (service: string | undefined, options) =>
      (await import('./commands/coverage.ts')).coverage(service, options),
    );
  program
    .command('demo')
    .description('push an image, run three tasks of it, read their logs, stop them, and leave nothing behind')
    .addOption(dataDirOption())
    .action(async (options) => (await import('./commands/demo.ts')).demo(options));
};

const describeEcr = (program: Command): void => {
  const ecr = program.command('ecr').description('upkeep of the registry of the server that runs on this data folder');
  ecr
    .command('gc')
    .description('remove layers that no image has used for a day; safe while pushes run')
    .option('--dry-run', 'only tell what would go', false)
    .addOption(dataDirOption())
    .action(async (options) => (await import('./commands/ecr/gc.ts')).gc(options));
  ecr
    .command('verify')
    .description('hash every layer and manifest again, and tell what is damaged (exit code 1)')
    .option('--drop-damaged', 'give damaged layers up, so that the next push brings them again', false)
    .addOption(dataDirOption())
    .action(async (options) => (await import('./commands/ecr/verify.ts')).verify(options));
  describeCredentials(ecr);
};

const describeCredentials = (ecr: Command): void => {
  const credentials = ecr
    .command('credentials')
    .description('credentials of upstream registries, for pull-through cache rules with --credential-arn');
  const place = (command: Command): Command =>
    command
      .option('--account <id>', 'the account of the rule (default: that of the server)')
      .option('--region <name>', 'the region of the rule (default: that of the server)')
      .addOption(dataDirOption());
  place(credentials.command('set <name>'))
    .description('keep a user name and the password or token on standard input; prints the ARN')
    .requiredOption('--username <name>', 'the user of the upstream registry')
    .action(async (name: string, options) =>
      (await import('./commands/ecr/credentials.ts')).setCredentials(name, options),
    );
  credentials
    .command('list')
    .description('names, users and ARNs; never passwords')
    .addOption(dataDirOption())
    .action(async (options) => (await import('./commands/ecr/credentials.ts')).listCredentials(options));
  place(credentials.command('delete <name>'))
    .description('forget the credentials; rules that name them stay, and their pulls are refused')
    .action(async (name: string, options) =>
      (await import('./commands/ecr/credentials.ts')).deleteCredentials(name, options),
    );
};

const describeAudit = (program: Command): void => {
  program
    .command('audit')
    .description('who changed what through this server, and which calls were refused')
    .option('--since <time>', 'only the last 30m, 2h, 7d …')
    .option('--json', 'print each call as one line of JSON', false)
    .addOption(dataDirOption())
    .action(async (options) => (await import('./commands/audit.ts')).audit(options));
};
