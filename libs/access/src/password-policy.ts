import { LarderError } from '#kernel';

export const shortestPasswordBytes = 12;
export const longestPasswordBytes = 1024;

/** Frequent passwords of at least 12 characters, in lower case. Shorter ones are refused by their length. */
const common: ReadonlySet<string> = new Set(
  `000000000000 111111111111 121212121212 123123123123 123412341234 123456123456 123456654321 123456789000 123456789012 1234567890123
   12345678901234 1234567890abc 1234567891011 123456789123 123456789abc 123456789qwe 123456abcdef 123abc123abc 1q2w3e4r5t6y 1q2w3e4r5t6y7u
   1qaz2wsx3edc 1qaz2wsx3edc4rfv 1qazxsw23edc 222222222222 666666666666 777777777777 888888888888 987654321012 999999999999 aaaaaaaaaaaa
   abc123456789 abc123abc123 abcabcabcabc abcd12345678 abcdefghijkl abcdefghijklm admin1234567 admin12345678 admin123admin adminadmin12
   adminadminadmin administrator administrator1 administrator123 asdfasdfasdf asdfghjkl123 asdfghjklqwe asdfghjklzxc changeit1234
   changeme1234 changeme12345 changeme123456 changemechangeme changemenow1 computer1234 correcthorsebatterystaple defaultpassword
   docker123456 dragondragon football1234 iloveyou1234 iloveyou12345 iloveyouiloveyou larder123456 larderlarder letmein12345 letmein123456
   letmeinletmein loveyou12345 mypassword12 mypassword123 nexus1234567 p@ssw0rd1234 p@ssword1234 pa55word1234 passpasspass passw0rd1234
   password0000 password1111 password1234 password12345 password123456 password1234567 password12345678 password123456789 password2024
   password2025 password2026 password!234 passwordpassword princess1234 q1w2e3r4t5y6 q1w2e3r4t5y6u7 qazwsxedcrfv qazwsxedcrfvtgb
   qwaszxqwaszx qwer1234qwer qwerasdfzxcv qwert1234567 qwerty123456 qwerty1234567 qwerty12345678 qwerty123qwerty qwertyqwerty qwertyuiop12
   qwertyuiop123 qwertyuiop1234 qwertyuiopasdfgh qwertyuiop[] registry1234 rootrootroot secret123456 secretsecret sunshine1234 superman1234
   temporary123 test12345678 testtesttest trustno1trustno1 welcome12345 welcome123456 welcomewelcome zaq12wsxcde3 zxcvbnm12345 zxcvbnmasdfg`
    .split(/\s+/)
    .filter(word => word !== ''),
);

export function isCommonPassword(password: string): boolean {
  return common.has(password.toLowerCase()) || new Set(password).size < 3;
}

/** True when the text is long and short enough to be anybody's password. Length is counted in bytes of UTF-8; nothing is cut. */
export function hasPasswordLength(password: string): boolean {
  // UTF-8 has at least as many bytes as the text has UTF-16 units, so a huge text is refused before it is measured.
  if (password.length > longestPasswordBytes) return false;
  const bytes = Buffer.byteLength(password, 'utf8');
  return bytes >= shortestPasswordBytes && bytes <= longestPasswordBytes;
}

/**
 * Length, a list of common passwords, not the user's own name; no rules of composition.
 * @throws invalid-request with what to choose instead.
 */
export function checkNewPassword(password: string, userName: string): void {
  if (!hasPasswordLength(password)) {
    throw new LarderError(
      'invalid-request',
      `A password must have ${shortestPasswordBytes} to ${longestPasswordBytes} bytes; choose another one.`,
    );
  }
  if (password.startsWith('ldr_')) {
    throw new LarderError(
      'invalid-request',
      'A password must not begin like an access token (ldr_); choose another one.',
    );
  }
  if (isCommonPassword(password) || password.toLowerCase() === userName.toLowerCase()) {
    throw new LarderError(
      'invalid-request',
      'This password is among the first that an attacker tries; choose another one.',
    );
  }
}
