/** Every source of the persistence inventory. */
import { at } from './at.ts';
import { bootScripts } from './boot-scripts.ts';
import { containers } from './containers.ts';
import { cron } from './cron.ts';
import { dbus } from './dbus.ts';
import { desktop } from './desktop.ts';
import { gitHooks } from './git-hooks.ts';
import { kernelModules } from './kernel-modules.ts';
import { loader } from './loader.ts';
import { motd } from './motd.ts';
import { networkHooks } from './network-hooks.ts';
import { packageHooks } from './package-hooks.ts';
import { pam } from './pam.ts';
import { shell } from './shell.ts';
import type { PersistenceSource } from './source.ts';
import { sshKeys } from './ssh-keys.ts';
import { sudoers } from './sudoers.ts';
import { systemd } from './systemd.ts';
import { udev } from './udev.ts';
import { webServer } from './web-server.ts';

export const persistenceSources: readonly PersistenceSource[] = [
  systemd,
  cron,
  at,
  bootScripts,
  shell,
  sshKeys,
  pam,
  loader,
  kernelModules,
  udev,
  sudoers,
  webServer,
  containers,
  desktop,
  gitHooks,
  motd,
  networkHooks,
  packageHooks,
  dbus,
];
