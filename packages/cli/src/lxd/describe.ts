/** The `lxd` commands, their options and their help. */
import { InvalidArgumentError, type Command } from 'commander';
import { collectPair } from '../options.ts';
import { onTarget } from './target.ts';

const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

const wholeNumber = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a whole number is needed.');
  return Number(text);
};

const asJson = (command: Command): Command =>
  onTarget(command).option('--json', 'print what LXD tells, as JSON', false);

/** Describes the commands on the given program. */
export const describeLxd = (program: Command): void => {
  const lxd = program
    .command('lxd')
    .description('LXD and Incus instances: launch, look, run commands, move files; also what Test Kitchen talks to')
    .enablePositionalOptions()
    .addHelpText(
      'after',
      `
First steps:
  oreno lxd image import rootfs.tar.gz --alias debian
  oreno lxd launch debian web --cpu 2 --memory 1GiB --publish 8080:80
  oreno lxd exec web -- uname -a               its exit code is the command's
  oreno lxd shell web
  oreno lxd file push ./site web:/srv/
  oreno lxd delete --force web

On another server: --remote NAME (as "lxc remote list" shows them), or https://host:8443.`,
    );
  describeLaunch(lxd);
  describeLooking(lxd);
  describeCommands(lxd);
  describeFiles(lxd);
  describeImages(lxd);
  onTarget(lxd.command('delete').description('delete instances'))
    .argument('<names...>', 'the instances')
    .option('--force', 'running ones too', false)
    .action(async (names: string[], options) =>
      (await import('../commands/lxd/delete.ts')).deleteInstances(names, options),
    );
  lxd
    .command('bridge')
    .description('serve Test Kitchen over JSON lines on standard input and output (kitchen-lxd starts it)')
    .action(async () => (await import('../commands/lxd/bridge.ts')).bridge());
  lxd
    .command('fill-pool', { hidden: true })
    .description('fill a warm pool of Test Kitchen, as standard input says (the bridge starts it)')
    .action(async () => (await import('../commands/lxd/fill-pool.ts')).fillPool());
};

const describeLaunch = (lxd: Command): void => {
  asJson(lxd.command('launch').description('make an instance from an image, start it, and wait for its boot'))
    .argument('<image>', 'an alias, or the beginning of a fingerprint')
    .argument('[name]', 'its name (default: one after the image)')
    .option('--cpu <cores>', 'for example 2')
    .option('--memory <size>', 'for example 1GiB')
    .option('--disk <size>', 'of the root disk, for example 10GiB')
    .option('--storage <pool>', "the storage pool (default: the profile's)")
    .option('--network <name>', 'a network; the first given is eth0', collect)
    .option('--publish <[address:]port:port>', "a port of the server's machine that leads inside", collect)
    .option('--profile <name>', 'a profile; may be given again (default: default)', collect)
    .option('--config <key=value>', "a key of the instance's configuration; may be given again", collectPair)
    .option('--ephemeral', 'delete it when it stops', false)
    .option('--vm', 'a virtual machine', false)
    .option('--timeout <seconds>', 'how long its boot may take; then it is removed', wholeNumber, 60)
    .option('--no-wait', 'return once it is started, booted or not')
    .action(async (image: string, name: string | undefined, options) =>
      (await import('../commands/lxd/launch.ts')).launch(image, name, options),
    );
};

const describeLooking = (lxd: Command): void => {
  asJson(lxd.command('list').description('the instances, their state and addresses')).action(async (options) =>
    (await import('../commands/lxd/list.ts')).list(options),
  );
  asJson(lxd.command('info').description('one instance, or the server when none is named'))
    .argument('[name]', 'the instance')
    .action(async (name: string | undefined, options) => (await import('../commands/lxd/info.ts')).info(name, options));
};

const describeCommands = (lxd: Command): void => {
  onTarget(lxd.command('exec').description("run a command; streams and exit code are the command's own"))
    .argument('<name>', 'the instance')
    .argument('<command...>', 'the command, after --')
    .passThroughOptions()
    .option('--user <uid>', 'run as this user', wholeNumber)
    .option('--cwd <folder>', 'run in this folder')
    .option('--env <name=value>', 'set a variable; may be given again', collectPair)
    .action(async (name: string, command: string[], options) =>
      (await import('../commands/lxd/exec.ts')).exec(name, command, options),
    );
  onTarget(lxd.command('shell').description('a terminal in an instance'))
    .argument('<name>', 'the instance')
    .option('--user <name>', 'log in as this user (default: root)')
    .action(async (name: string, options) => (await import('../commands/lxd/shell.ts')).shell(name, options));
};

const describeFiles = (lxd: Command): void => {
  const file = lxd.command('file').description('files and folders, in and out');
  onTarget(file.command('push').description('into an instance, folders whole'))
    .argument('<places...>', 'files and folders, or - for standard input, then NAME:/path')
    .action(async (places: string[], options) => (await import('../commands/lxd/file.ts')).push(places, options));
  onTarget(file.command('pull').description('out of an instance, folders whole'))
    .argument('<from>', 'NAME:/path')
    .argument('[to]', 'a folder, a name for it, or - for standard output', '.')
    .action(async (from: string, to: string, options) =>
      (await import('../commands/lxd/file.ts')).pull(from, to, options),
    );
};

const describeImages = (lxd: Command): void => {
  const image = lxd.command('image').description('the images of the server');
  asJson(image.command('list').description('what there is')).action(async (options) =>
    (await import('../commands/lxd/image.ts')).listImages(options),
  );
  onTarget(image.command('import').description('bring an image from files'))
    .argument('<files...>', 'one tarball, or metadata and root file system (tarball or squashfs)')
    .option('--alias <name>', 'a name for it, taken from the image that has it')
    .option('--public', 'let clients that are not trusted have it', false)
    .action(async (files: string[], options) => (await import('../commands/lxd/image.ts')).importImage(files, options));
};
