/**
 * Windows events as collectors write them: one flat JSON object a line, with the fields that Sysmon and the
 * Security channel have, in the mixture of a host with Sysmon installed. Drawn from a seed; nothing is real.
 */
import { type Random, seededRandom } from '../../lib/pairing.ts';
import { frequent, pick, weighted, whole, windowsPrograms, word } from './words.ts';

const sysmon = 'Microsoft-Windows-Sysmon/Operational';
const hex = (random: Random, digits: number): string => {
  let text = '';
  while (text.length < digits) text += whole(random, 0x1_0000_0000).toString(16).padStart(8, '0');
  return text.slice(0, digits).toUpperCase();
};
const guid = (random: Random): string =>
  `{${hex(random, 8)}-${hex(random, 4)}-${hex(random, 4)}-${hex(random, 4)}-${hex(random, 12)}}`;
const programPath = (random: Random): string =>
  `C:\\${pick(random, ['Windows\\System32', 'Program Files\\Vendor', 'Windows\\SysWOW64'])}\\${frequent(random, windowsPrograms)}.exe`;
const user = (random: Random): string =>
  pick(random, ['NT AUTHORITY\\SYSTEM', `EXAMPLE\\${word(random, 2)}`]);
const filePath = (random: Random): string =>
  `C:\\Users\\${word(random, 2)}\\AppData\\Local\\${word(random)}\\${word(random, 4)}.${pick(random, ['tmp', 'log', 'json', 'dll', 'dat'])}`;
const address = (random: Random): string =>
  `10.${whole(random, 256)}.${whole(random, 256)}.${whole(random, 256)}`;

type Data = Record<string, string | number>;
const process = (random: Random): Data => ({
  ProcessGuid: guid(random),
  ProcessId: 100 + whole(random, 20_000),
  Image: programPath(random),
});

const commandLine = (random: Random, image: string): string => {
  let text = `"${image}"`;
  for (let count = whole(random, 7); count >= 0; count--)
    text += pick(random, [
      ` -${word(random, 1)}`,
      ` --${word(random)}=${word(random)}`,
      ` /${word(random, 1)}`,
      ` "${filePath(random)}"`,
    ]);
  return text;
};

const processCreation = (random: Random): Data => {
  const image = programPath(random);
  const parent = programPath(random);
  return {
    RuleName: '-',
    UtcTime: '2026-01-05 12:00:00.000',
    ...process(random),
    Image: image,
    FileVersion: '10.0.19041.1 (WinBuild.160101.0800)',
    Description: `${word(random)} ${word(random)}`,
    Product: 'Example Operating System',
    Company: 'Example Corporation',
    OriginalFileName: image.slice(image.lastIndexOf('\\') + 1).toUpperCase(),
    CommandLine: commandLine(random, image),
    CurrentDirectory: 'C:\\Windows\\System32\\',
    User: user(random),
    LogonGuid: guid(random),
    LogonId: `0x${hex(random, 5)}`,
    TerminalSessionId: 1,
    IntegrityLevel: pick(random, ['Medium', 'High', 'System']),
    Hashes: `SHA256=${hex(random, 64)},IMPHASH=${hex(random, 32)}`,
    ParentProcessGuid: guid(random),
    ParentProcessId: 100 + whole(random, 20_000),
    ParentImage: parent,
    ParentCommandLine: commandLine(random, parent),
    ParentUser: user(random),
  };
};

type Kind = readonly [channel: string, eventId: number, data: (random: Random) => Data];
const created: Kind = [sysmon, 1, processCreation];
const kinds: readonly (readonly [share: number, kind: Kind])[] = [
  [4, created],
  [
    10,
    [
      sysmon,
      3,
      random => ({
        ...process(random),
        User: user(random),
        Protocol: 'tcp',
        Initiated: 'true',
        SourceIp: address(random),
        SourcePort: 49_152 + whole(random, 16_000),
        DestinationIp: address(random),
        DestinationHostname: `${word(random)}.example`,
        DestinationPort: pick(random, [443, 80, 445, 135, 389]),
      }),
    ],
  ],
  [
    16,
    [
      sysmon,
      7,
      random => ({
        ...process(random),
        ImageLoaded: `C:\\Windows\\System32\\${word(random)}.dll`,
        Hashes: `SHA256=${hex(random, 64)}`,
        Signed: 'true',
        Signature: 'Example Windows',
        SignatureStatus: 'Valid',
        User: user(random),
      }),
    ],
  ],
  [
    8,
    [
      sysmon,
      10,
      random => ({
        SourceProcessGUID: guid(random),
        SourceProcessId: whole(random, 20_000),
        SourceImage: programPath(random),
        TargetProcessGUID: guid(random),
        TargetImage: programPath(random),
        GrantedAccess: pick(random, ['0x1000', '0x1400', '0x1fffff']),
        CallTrace: `C:\\Windows\\SYSTEM32\\ntdll.dll+${hex(random, 5)}|C:\\Windows\\System32\\KERNELBASE.dll+${hex(random, 5)}`,
      }),
    ],
  ],
  [
    14,
    [sysmon, 11, random => ({ ...process(random), TargetFilename: filePath(random), User: user(random) })],
  ],
  [
    26,
    [
      sysmon,
      13,
      random => ({
        EventType: 'SetValue',
        ...process(random),
        TargetObject: `HKLM\\System\\CurrentControlSet\\Services\\${word(random)}\\${word(random)}`,
        Details: pick(random, ['DWORD (0x00000001)', 'Binary Data', `${word(random)}`]),
        User: user(random),
      }),
    ],
  ],
  [
    6,
    [
      sysmon,
      22,
      random => ({
        ...process(random),
        QueryName: `${word(random)}.example`,
        QueryStatus: '0',
        QueryResults: address(random),
      }),
    ],
  ],
  [4, [sysmon, 5, process]],
  [
    9,
    [
      'Security',
      4624,
      random => ({
        SubjectUserName: 'HOST$',
        SubjectLogonId: '0x3e7',
        TargetUserName: word(random, 2),
        TargetDomainName: 'EXAMPLE',
        TargetLogonId: `0x${hex(random, 6)}`,
        LogonType: pick(random, [2, 3, 3, 5]),
        LogonProcessName: 'Kerberos',
        AuthenticationPackageName: 'Kerberos',
        WorkstationName: '-',
        IpAddress: address(random),
        IpPort: 50_000 + whole(random, 9_000),
      }),
    ],
  ],
  [
    3,
    [
      'Security',
      4769,
      random => ({
        TargetUserName: `${word(random, 2)}@EXAMPLE.TEST`,
        ServiceName: `${word(random, 2).toUpperCase()}$`,
        TicketEncryptionType: '0x12',
        IpAddress: `::ffff:${address(random)}`,
        Status: '0x0',
      }),
    ],
  ],
];

/** `count` lines of JSON: mixed events, or only Sysmon's process creation. */
export function windowsLines(count: number, only?: 'process-creation'): string[] {
  const random = seededRandom(7);
  const begin = Date.UTC(2026, 0, 5, 12);
  return Array.from({ length: count }, (_, number) => {
    const [channel, EventID, data] = only === undefined ? weighted(random, kinds) : created;
    return JSON.stringify({
      EventTime: new Date(begin + number * 5).toISOString(),
      Hostname: `host${whole(random, 40)}.example`,
      EventID,
      Channel: channel,
      SourceName: channel === sysmon ? 'Microsoft-Windows-Sysmon' : 'Microsoft-Windows-Security-Auditing',
      EventRecordID: number,
      Level: 4,
      ...data(random),
    });
  });
}
