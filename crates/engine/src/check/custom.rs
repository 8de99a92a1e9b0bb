//! Answers that only code of their own understands: MySQL's packets (client/server protocol, "Packets", "ERR_Packet"),
//! LDAP's answer to a bind (RFC 4511 section 4.2.2), an SPOE agent's hello (SPOP 2.0), an agent's line.

use config::model::{CheckCustom, CheckExpect, CheckStep};
use state::check::CheckStatus;

use super::expect::{Failed, failed};
use super::script::{Judged, Run};
use super::task::bare;

/// What an answer is.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    /// Not complete.
    TooLittle,
    /// As it should be; the text is told where nothing else follows.
    Good(Vec<u8>),
    /// Wrong: how, which code, what is told of it.
    Bad(CheckStatus, i32, Vec<u8>),
}

/// Judges an answer that is not empty.
pub(super) fn judge(run: &mut Run<'_>, step: &CheckStep, expect: &CheckExpect, what: CheckCustom) -> Judged {
    let said = match what {
        CheckCustom::Anything => return Judged::Next,
        CheckCustom::Agent => return agent(run),
        CheckCustom::MysqlGreeting => mysql(&run.answer.body, 0),
        CheckCustom::MysqlLogin => {
            let greeting = mysql_length(&run.answer.body).unwrap_or(0) + MYSQL_HEADER;
            mysql(&run.answer.body, greeting)
        }
        CheckCustom::LdapBind => ldap(&run.answer.body),
        CheckCustom::SpopHello => spop(&run.answer.body),
    };
    match said {
        Said::TooLittle if !run.is_over => Judged::More,
        Said::TooLittle if what == CheckCustom::SpopHello => {
            over(run, step, expect, (CheckStatus::L7Response, spop_error::INVALID, b"invalid frame received"))
        }
        Said::TooLittle => over(run, step, expect, (CheckStatus::L7Response, 0, b"")),
        Said::Bad(status, code, text) => over(run, step, expect, (status, code, &text)),
        Said::Good(text) => {
            let last = run.script.last_real().and_then(|last| run.script.steps.get(last));
            let is_last = last.is_some_and(|last| std::ptr::eq(last, step));
            if !is_last {
                return Judged::Next;
            }
            Judged::Over(bare(expect.ok_status.unwrap_or(CheckStatus::L7Ok)).describe(text))
        }
    }
}

fn over(
    run: &mut Run<'_>,
    step: &CheckStep,
    expect: &CheckExpect,
    (status, code, text): (CheckStatus, i32, &[u8]),
) -> Judged {
    run.code = code;
    let failure = Failed { status, said: text.to_vec(), matched: false };
    Judged::Over(failed(run, step, expect, failure))
}

/// An agent says one line; what it means is looked at when the check is over.
fn agent(run: &mut Run<'_>) -> Judged {
    let body = &run.answer.body;
    match body.iter().position(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
        Some(end) if body[end] != 0 => {
            run.agent_line = Some(body[..end].to_vec());
            Judged::Over(bare(CheckStatus::Neutral))
        }
        _ if !run.is_over => Judged::More,
        _ => {
            let last = run.checker.state().facts().last.status;
            let status = if last == CheckStatus::Initializing { CheckStatus::SocketError } else { last };
            Judged::Over(bare(status).describe("Ignoring incomplete line from agent"))
        }
    }
}

/// Length and number of a packet.
const MYSQL_HEADER: usize = 4;
/// The first byte of a packet that tells an error.
const MYSQL_ERROR: u8 = 0xff;

fn mysql_length(bytes: &[u8]) -> Option<usize> {
    let [a, b, c] = *bytes.get(..3)? else { return None };
    Some(usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16)
}

/// The packet that begins at `from`; the text is that of the server's version, in the first packet of all.
fn mysql(bytes: &[u8], from: usize) -> Said {
    let Some(rest) = bytes.get(from..) else { return Said::TooLittle };
    let Some(length) = mysql_length(rest) else { return Said::TooLittle };
    let Some(packet) = rest.get(MYSQL_HEADER..).and_then(|rest| rest.get(..length)) else {
        return Said::TooLittle;
    };
    if let [MYSQL_ERROR, low, high, text @ ..] = packet {
        let code = i32::from(u16::from_le_bytes([*low, *high]));
        return Said::Bad(CheckStatus::L7Status, code, text.to_vec());
    }
    let version = bytes.get(MYSQL_HEADER + 1..).unwrap_or_default();
    let end = version.iter().position(|byte| *byte == 0).unwrap_or(version.len());
    Said::Good(version[..end].to_vec())
}

/// The length of a BER element and how many bytes tell it; `Err`: one that no LDAP server sends.
fn ber_length(bytes: &[u8]) -> Result<Option<(usize, usize)>, ()> {
    let Some((&first, rest)) = bytes.split_first() else { return Ok(None) };
    if first & 0x80 == 0 {
        return Ok(Some((usize::from(first), 1)));
    }
    let count = usize::from(first & 0x7f);
    if !matches!(count, 2 | 4) {
        return Err(());
    }
    let Some(digits) = rest.get(..count) else { return Ok(None) };
    Ok(Some((digits.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), 1 + count)))
}

/// `SEQUENCE { messageID 1, bindResponse { resultCode ... } }`; that it is a sequence was looked at before.
fn ldap(bytes: &[u8]) -> Said {
    let not_ldap = || Said::Bad(CheckStatus::L7Response, 0, b"Not LDAPv3 protocol".to_vec());
    let Some(rest) = bytes.get(1..) else { return Said::TooLittle };
    let (length, used) = match ber_length(rest) {
        Ok(Some(length)) => length,
        Ok(None) => return Said::TooLittle,
        Err(()) => return not_ldap(),
    };
    let message = &rest[used..];
    if message.len() < length {
        return Said::TooLittle;
    }
    // messageID 1, then the tag of a bindResponse.
    let Some(response) = message.strip_prefix(&[2, 1, 1, 0x61]) else { return not_ldap() };
    let skipped = match response.first() {
        Some(first) if first & 0x80 != 0 => 1 + usize::from(first & 0x7f),
        Some(_) => 1,
        None => return Said::TooLittle,
    };
    match response.get(skipped..) {
        None | Some([] | [_] | [_, _]) => Said::TooLittle,
        Some([0x0a, 1, 0, ..]) => Said::Good(b"Success".to_vec()),
        Some([0x0a, 1, code, ..]) => {
            let text = b"See RFC: http://tools.ietf.org/html/rfc4511#section-4.1.9";
            Said::Bad(CheckStatus::L7Status, i32::from(*code), text.to_vec())
        }
        Some(_) => not_ldap(),
    }
}

/// Codes of SPOP's errors.
mod spop_error {
    pub(super) const INVALID: i32 = 4;
    pub(super) const NO_VERSION: i32 = 5;
    pub(super) const NO_FRAME_SIZE: i32 = 6;
    pub(super) const NO_CAPABILITIES: i32 = 7;
    pub(super) const BAD_VERSION: i32 = 8;
    pub(super) const BAD_FRAME_SIZE: i32 = 9;

    pub(super) fn text(code: i32) -> &'static str {
        match code {
            NO_VERSION => "version value not found",
            NO_FRAME_SIZE => "max-frame-size value not found",
            NO_CAPABILITIES => "capabilities value not found",
            BAD_VERSION => "unsupported version",
            BAD_FRAME_SIZE => "max-frame-size too big or too small",
            INVALID => "invalid frame received",
            0 => "normal",
            1 => "I/O error",
            2 => "a timeout occurred",
            3 => "frame is too big",
            10 => "fragmentation not supported",
            11 => "invalid interlaced frames",
            12 => "frame-id not found",
            13 => "resource allocation error",
            _ => "an unknown error occurred",
        }
    }
}

/// Types of SPOP's values, the low four bits of their first byte.
mod spop_type {
    pub(super) const NULL: u8 = 0;
    pub(super) const BOOL: u8 = 1;
    pub(super) const UINT64: u8 = 5;
    pub(super) const INT32: u8 = 2;
    pub(super) const IPV4: u8 = 6;
    pub(super) const IPV6: u8 = 7;
    pub(super) const STRING: u8 = 8;
    pub(super) const BINARY: u8 = 9;
}

/// A cursor over a frame's payload; `None` for what is not well formed.
struct Items<'a>(&'a [u8]);

enum Item<'a> {
    Number(u64),
    Text(&'a [u8]),
    Other,
}

impl<'a> Items<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// Up to 239 in one byte; above, the rest by sixteenths first, then seven bits at a time.
    fn varint(&mut self) -> Option<u64> {
        let first = u64::from(self.byte()?);
        if first < 240 {
            return Some(first);
        }
        let (mut value, mut shift) = (first, 4);
        loop {
            let byte = u64::from(self.byte()?);
            value = value.checked_add(byte.checked_shl(shift)?)?;
            shift += 7;
            if byte < 128 {
                return Some(value);
            }
            if shift > 63 {
                return None;
            }
        }
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.varint()?).ok()?;
        self.take(length)
    }

    fn value(&mut self) -> Option<Item<'a>> {
        Some(match self.byte()? & 0x0f {
            spop_type::NULL | spop_type::BOOL => Item::Other,
            spop_type::INT32..=spop_type::UINT64 => Item::Number(self.varint()?),
            spop_type::IPV4 => self.take(4).map(|_| Item::Other)?,
            spop_type::IPV6 => self.take(16).map(|_| Item::Other)?,
            spop_type::STRING => Item::Text(self.text()?),
            spop_type::BINARY => self.text().map(|_| Item::Other)?,
            _ => return None,
        })
    }
}

/// Length, type, flags, stream and frame.
const SPOP_HEADER: usize = 11;

fn spop(bytes: &[u8]) -> Said {
    const AGENT_HELLO: u8 = 101;
    const AGENT_DISCONNECT: u8 = 102;
    let bad = |code| Said::Bad(CheckStatus::L7Response, code, spop_error::text(code).into());
    let Some(header) = bytes.get(..SPOP_HEADER) else { return Said::TooLittle };
    let kind = header[4];
    // Only the flag of a last fragment, stream 0, frame 0.
    if !matches!(kind, AGENT_HELLO | AGENT_DISCONNECT) || header[5..] != [0, 0, 0, 1, 0, 0] {
        return bad(spop_error::INVALID);
    }
    let length = header[..4].iter().fold(0usize, |length, byte| length << 8 | usize::from(*byte));
    let Some(frame) = bytes.get(4..).and_then(|rest| rest.get(..length)) else { return Said::TooLittle };
    let Some(payload) = frame.get(SPOP_HEADER - 4..) else { return bad(spop_error::INVALID) };
    let read = if kind == AGENT_DISCONNECT { spop_disconnect(payload) } else { spop_hello(payload) };
    read.unwrap_or_else(|| bad(spop_error::INVALID))
}

fn spop_hello(payload: &[u8]) -> Option<Said> {
    const FRAME_SIZE_MIN: u64 = 256;
    const FRAME_SIZE_MAX: u64 = 16_380;
    let bad = |code| Some(Said::Bad(CheckStatus::L7Response, code, spop_error::text(code).into()));
    let mut items = Items(payload);
    let (mut has_version, mut has_size, mut has_capabilities) = (false, false, false);
    while !items.0.is_empty() {
        let name = items.text().filter(|name| !name.is_empty())?;
        match (name, items.value()?) {
            (b"version", Item::Text(version)) => {
                if version.trim_ascii() != b"2.0" {
                    return bad(spop_error::BAD_VERSION);
                }
                has_version = true;
            }
            (b"max-frame-size", Item::Number(size)) => {
                if !(FRAME_SIZE_MIN..=FRAME_SIZE_MAX).contains(&size) {
                    return bad(spop_error::BAD_FRAME_SIZE);
                }
                has_size = true;
            }
            (b"capabilities", Item::Text(_)) => has_capabilities = true,
            (b"version" | b"max-frame-size" | b"capabilities", _) => return None,
            _ => {}
        }
    }
    match (has_version, has_size, has_capabilities) {
        (false, ..) => bad(spop_error::NO_VERSION),
        (_, false, _) => bad(spop_error::NO_FRAME_SIZE),
        (_, _, false) => bad(spop_error::NO_CAPABILITIES),
        (true, true, true) => Some(Said::Good(b"SPOA server is ok".to_vec())),
    }
}

fn spop_disconnect(payload: &[u8]) -> Option<Said> {
    let mut items = Items(payload);
    let (mut code, mut text) = (0, Vec::new());
    while !items.0.is_empty() {
        let name = items.text().filter(|name| !name.is_empty())?;
        match (name, items.value()?) {
            (b"status-code", Item::Number(said)) => code = i32::try_from(said).unwrap_or(99),
            (b"message", Item::Text(said)) => text = said.get(..said.len().min(255))?.to_vec(),
            (b"status-code" | b"message", _) => return None,
            _ => {}
        }
    }
    if text.is_empty() {
        text = spop_error::text(code).into();
    }
    Some(Said::Bad(CheckStatus::L7Response, code, text))
}

#[cfg(test)]
mod tests {
    use super::super::script::from_hex;
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        from_hex(text.replace(' ', "").as_bytes()).unwrap()
    }

    /// Every beginning of an answer is too little, none panics.
    fn whole(judge: fn(&[u8]) -> Said, bytes: &[u8]) -> Said {
        for end in 0..bytes.len() {
            assert_eq!(judge(&bytes[..end]), Said::TooLittle, "{end}");
        }
        judge(bytes)
    }

    #[test]
    fn mysql_packets() {
        let greeting = hex("0c0000000a382e302e31390001020304");
        assert_eq!(whole(|bytes| mysql(bytes, 0), &greeting), Said::Good(b"8.0.19".to_vec()));
        let refused = hex("07000000ffe3046e6f7065");
        assert_eq!(mysql(&refused, 0), Said::Bad(CheckStatus::L7Status, 1251, b"nope".to_vec()));
        let login = [greeting, hex("0300000200 0000")].concat();
        assert_eq!(mysql(&login, 16), Said::Good(b"8.0.19".to_vec()));
        assert_eq!(mysql(&login[..18], 16), Said::TooLittle);
    }

    #[test]
    fn ldap_answers() {
        let good = || Said::Good(b"Success".to_vec());
        assert_eq!(ldap(&hex("300C020101 61 070A01 00 04000400")), good());
        assert_eq!(whole(ldap, &hex("308400000010020101 61 84000000070A01 00 04000400")), good());
        let status = |text: &str| match ldap(&hex(text)) {
            Said::Bad(status, code, _) => (status, code),
            said @ (Said::Good(_) | Said::TooLittle) => panic!("{said:?}"),
        };
        assert_eq!(status("300C020101 60 070A01 00 04000400"), (CheckStatus::L7Response, 0));
        assert_eq!(status("300C020101 61 070A01 01 04000400"), (CheckStatus::L7Status, 1));
        assert_eq!(status("3083000000"), (CheckStatus::L7Response, 0));
    }

    #[test]
    fn agents_of_spoe() {
        let hello = "00000036 65 00000001 0000 0776657273696F6E 0803322E30 0E6D61782D6672616D652D73697A65 03FCF0 06\
                     0C6361706162696C6974696573 0800";
        assert_eq!(whole(spop, &hex(hello)), Said::Good(b"SPOA server is ok".to_vec()));
        let code = |text: &str| match spop(&hex(text)) {
            Said::Bad(_, code, _) => code,
            said @ (Said::Good(_) | Said::TooLittle) => panic!("{said:?}"),
        };
        assert_eq!(code("00000007 65 00000000 0000"), spop_error::INVALID);
        assert_eq!(code("00000014 65 00000001 0000 0776657273696F6E 0803312E30"), spop_error::BAD_VERSION);
        assert_eq!(code("00000007 65 00000001 0000"), spop_error::NO_VERSION);
        assert_eq!(code("00000000 65 00000001 0000"), spop_error::INVALID);
        assert_eq!(code("00000009 65 00000001 0000 ffff"), spop_error::INVALID);
    }
}
