/** The `instances` commands, their options and their help. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import { collectPair, dataDirOption, logFormatOption } from '../options.ts';

const lxdOption = (): Option =>
  new Option(
    '--lxd <remote>',
    "a server of LXD, by its name in lxc's configuration or its socket (default: this machine's)",
  );

/** Reads one value of an option that may be given several times. */
const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

const wholeNumber = (text: string): number => {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('a whole number is needed.');
  return Number(text);
};

const atLeastOne = (text: string): number => {
  const number = wholeNumber(text);
  if (number === 0) throw new InvalidArgumentError('at least 1 is needed.');
  return number;
};

/** Describes the commands on the given program. */
export const describeInstances = (program: Command): void => {
  const instances = program
    .command('instances')
    .description('LXD containers as container instances: launch, list and terminate them')
    .addHelpText(
      'after',
      `
First steps:
  oreno instances image build                                  once: Debian with Docker Engine and oreno's agent
  oreno instances launch --count 3 --cpu 2 --memory 2GiB       three machines join the cluster
  oreno instances list
  oreno instances terminate oreno-1                            its tasks move away first`,
    );
  instances
    .command('launch')
    .description('launch machines and wait until they are ACTIVE container instances')
    .option('--count <number>', 'how many', atLeastOne, 1)
    .option('--name <prefix>', 'what their names begin with', 'oreno')
    .option('--cpu <cores>', 'cores of each, for example 2 (default: all of the host)')
    .option('--memory <size>', 'memory of each, for example 2GiB (default: all of the host)')
    .option('--cluster <name>', 'the cluster to join (default: the one of "oreno up")')
    .option('--zone <name>', 'its Availability Zone; several are given in turn', collect)
    .option('--attribute <name=value>', 'an attribute for placement constraints; may be given again', collectPair)
    .option('--capacity-provider <name>', 'the capacity provider that they belong to')
    .option('--image <alias>', 'the image (default: oreno-instance)')
    .option('--profile <name>', "an LXD profile; may be given again (default: LXD's own)", collect)
    .option('--endpoint <url>', 'the server as the instances reach it (default: a way through the host)')
    .addOption(lxdOption())
    .addOption(dataDirOption())
    .action(async (options) => (await import('../commands/instances/launch.ts')).launch(options));
  instances
    .command('list')
    .description('the machines, and what ECS knows of each')
    .option('--cluster <name>', 'only those of one cluster')
    .option('--json', 'as JSON', false)
    .addOption(lxdOption())
    .addOption(dataDirOption())
    .action(async (options) => (await import('../commands/instances/list.ts')).list(options));
  instances
    .command('terminate')
    .description('drain machines, take them out of their clusters and delete them')
    .argument('<names...>', 'as "oreno instances list" shows them')
    .option('--drain-timeout <seconds>', 'how long their tasks may take to end or to move', wholeNumber, 300)
    .option('--now', 'do not drain: tasks end with the machine', false)
    .addOption(lxdOption())
    .addOption(dataDirOption())
    .action(async (names: string[], options) =>
      (await import('../commands/instances/terminate.ts')).terminate(names, options),
    );
  instances
    .command('provide')
    .description('launch and end machines as a capacity provider with managed scaling wants them, until it is stopped')
    .requiredOption('--capacity-provider <name>', 'the capacity provider')
    .option('--min <number>', 'machines that there are at least', wholeNumber, 0)
    .option('--max <number>', 'machines that there are at most', wholeNumber, 3)
    .option('--cpu <cores>', 'cores of each, for example 2 (default: all of the host)')
    .option('--memory <size>', 'memory of each, for example 2GiB (default: all of the host)')
    .option('--zone <name>', 'its Availability Zone; several are given in turn', collect)
    .option('--image <alias>', 'the image (default: oreno-instance)')
    .option('--profile <name>', "an LXD profile; may be given again (default: LXD's own)", collect)
    .option('--endpoint <url>', 'the server as the instances reach it (default: a way through the host)')
    .addOption(lxdOption())
    .addOption(dataDirOption())
    .addOption(logFormatOption())
    .action(async (options) => (await import('../commands/instances/provide.ts')).provide(options));
  instances
    .command('renew')
    .description('new credentials for machines that were away for longer than twelve hours')
    .argument('<names...>', 'as "oreno instances list" shows them')
    .addOption(lxdOption())
    .addOption(dataDirOption())
    .action(async (names: string[], options) => (await import('../commands/instances/renew.ts')).renew(names, options));
  instances
    .command('image')
    .description('the image that they are launched from')
    .command('build')
    .description('Debian with Docker Engine and oreno, from Debian packages, into LXD (as root; a minute)')
    .option('--suite <name>', 'the release of Debian', 'bookworm')
    .option('--mirror <url>', "a mirror of Debian (default: this machine's own)")
    .option('--alias <name>', 'its name in LXD (default: oreno-instance)')
    .addOption(lxdOption())
    .action(async (options) => (await import('../commands/instances/image-build.ts')).imageBuild(options));
};
