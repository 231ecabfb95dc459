/**
 * The policy for Windows: App Control for Business (WDAC), as XML of the single policy format. Element and option
 * names are those of Microsoft's `SiPolicy` schema (ConfigCI, cipolicy.xsd) and its example policies. Hashes of
 * programs (PE) are Authenticode hashes there; a catalog holds plain SHA-256, which Windows takes for other files.
 */
import type { AppRule } from './settings.ts';

/** A file by hash. */
export interface WdacHash {
  readonly action: 'allow' | 'deny';
  /** SHA-256 in hexadecimal: of a PE file its Authenticode hash, of any other its content's. */
  readonly sha256: string;
  readonly name: string;
}

/** Type of a policy that stands alone. */
const policyType = '{A244370E-44C9-4C06-B551-F6016E563076}';
const platform = '{2E07F7E4-194C-4D20-B7C9-6F44A6C5A234}';
const windowsUserMode = 12;
const windowsKernelMode = 131;

/**
 * Extended key usages that Microsoft signs parts of Windows for, as DER with the tag 01 that policies put in place of 06.
 * 1.3.6.1.4.1.311.10.3.6 system component, .61.4.1 early-launch anti-malware, .61.5.1 HAL extension, .10.3.5 driver (WHQL),
 * .10.3.21 Windows RT.
 */
const usages = {
  ID_EKU_WINDOWS: '010A2B0601040182370A0306',
  ID_EKU_ELAM: '010A2B0601040182373D0401',
  ID_EKU_HAL_EXT: '010A2B0601040182373D0501',
  ID_EKU_WHQL: '010A2B0601040182370A0305',
  ID_EKU_RT_EXT: '010A2B0601040182370A0315',
};

/** Who signs Windows itself: by numbers that Windows gives Microsoft's product roots (06: of 2010, 05: SHA-1, 04: MD5). */
const windowsSigners: readonly { id: string; root: string; usage: keyof typeof usages; isKernel: boolean }[] =
  [
    { id: 'WINDOWS', root: '06', usage: 'ID_EKU_WINDOWS', isKernel: true },
    { id: 'ELAM', root: '06', usage: 'ID_EKU_ELAM', isKernel: true },
    { id: 'HAL', root: '06', usage: 'ID_EKU_HAL_EXT', isKernel: true },
    { id: 'WHQL_SHA2', root: '06', usage: 'ID_EKU_WHQL', isKernel: true },
    { id: 'WHQL_SHA1', root: '05', usage: 'ID_EKU_WHQL', isKernel: true },
    { id: 'WHQL_MD5', root: '04', usage: 'ID_EKU_WHQL', isKernel: true },
    { id: 'RT', root: '06', usage: 'ID_EKU_RT_EXT', isKernel: false },
  ];

/** Signers are referred to once: those of kernel and user mode have names of their own. */
const signersOf = (isKernel: boolean): (typeof windowsSigners)[number][] =>
  windowsSigners
    .filter(signer => signer.isKernel || !isKernel)
    .map(signer => ({ ...signer, id: `ID_SIGNER_${isKernel ? 'KERNEL' : 'USER'}_${signer.id}` }));

const signerLines = (isKernel: boolean): string[] =>
  signersOf(isKernel).flatMap(({ id, root, usage }) => [
    `    <Signer ID="${id}" Name="Windows, root ${root}, ${usage}">`,
    `      <CertRoot Type="Wellknown" Value="${root}" />`,
    `      <CertEKU ID="${usage}" />`,
    '    </Signer>',
  ]);

const allowed = (isKernel: boolean): string[] => [
  '        <AllowedSigners>',
  ...signersOf(isKernel).map(({ id }) => `          <AllowedSigner SignerId="${id}" />`),
  '        </AllowedSigners>',
];

/** The hashes of rules that say one. */
export function hashesOf(rules: readonly AppRule[]): WdacHash[] {
  return rules.flatMap(({ action, sha256, path, note }) =>
    sha256 === undefined ? [] : [{ action, sha256, name: note ?? path ?? sha256 }],
  );
}

/**
 * The XML. It lets run what is signed as a part of Windows or as a driver, so that a machine still starts; programs of
 * others need a rule each, or one of Microsoft's example policies merged into it (`Merge-CIPolicy`).
 * @param isAudit whether Windows only reports
 */
export function wdacPolicy(hashes: readonly WdacHash[], isAudit: boolean): string {
  const options = [
    'Enabled:UMCI',
    'Enabled:Unsigned System Integrity Policy',
    'Enabled:Advanced Boot Options Menu',
    'Enabled:Update Policy No Reboot',
    ...(isAudit ? ['Enabled:Audit Mode'] : ['Enabled:Boot Audit On Failure']),
  ];
  const rules = hashes.map(({ action, sha256, name }, at) => {
    const [element, word] = action === 'allow' ? ['Allow', 'ALLOW'] : ['Deny', 'DENY'];
    const id = `ID_${word}_R_${at + 1}`;
    const attributes = `ID="${id}" FriendlyName="${escaped(name)}" Hash="${sha256.toUpperCase()}"`;
    return { id, line: `    <${element} ${attributes} />` };
  });
  const references =
    rules.length === 0
      ? []
      : [
          '        <FileRulesRef>',
          ...rules.map(({ id }) => `          <FileRuleRef RuleID="${id}" />`),
          '        </FileRulesRef>',
        ];
  return `${[
    '<?xml version="1.0" encoding="utf-8"?>',
    '<SiPolicy xmlns="urn:schemas-microsoft-com:sipolicy">',
    '  <VersionEx>10.0.0.0</VersionEx>',
    `  <PolicyTypeID>${policyType}</PolicyTypeID>`,
    `  <PlatformID>${platform}</PlatformID>`,
    '  <Rules>',
    ...options.map(option => `    <Rule>\n      <Option>${option}</Option>\n    </Rule>`),
    '  </Rules>',
    '  <EKUs>',
    ...Object.entries(usages).map(([id, value]) => `    <EKU ID="${id}" Value="${value}" />`),
    '  </EKUs>',
    ...(rules.length === 0
      ? ['  <FileRules />']
      : ['  <FileRules>', ...rules.map(({ line }) => line), '  </FileRules>']),
    '  <Signers>',
    ...signerLines(true),
    ...signerLines(false),
    '  </Signers>',
    '  <SigningScenarios>',
    `    <SigningScenario Value="${windowsKernelMode}" ID="ID_SIGNINGSCENARIO_DRIVERS_1" FriendlyName="Kernel mode">`,
    '      <ProductSigners>',
    ...allowed(true),
    '      </ProductSigners>',
    '    </SigningScenario>',
    `    <SigningScenario Value="${windowsUserMode}" ID="ID_SIGNINGSCENARIO_WINDOWS" FriendlyName="User mode">`,
    '      <ProductSigners>',
    ...allowed(false),
    ...references,
    '      </ProductSigners>',
    '    </SigningScenario>',
    '  </SigningScenarios>',
    '  <UpdatePolicySigners />',
    '  <CiSigners />',
    '  <HvciOptions>0</HvciOptions>',
    '</SiPolicy>',
  ].join('\n')}\n`;
}

/** Text in an attribute. Characters that XML 1.0 cannot hold stand as U+FFFD. */
function escaped(text: string): string {
  const names: Record<string, string> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those that XML 1.0 refuses
      .replace(/[\u0000-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '\ufffd')
      .replace(/[&<>"']/g, character => `&${names[character]};`)
  );
}
