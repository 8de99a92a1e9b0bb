//! `option ssl-hello-chk`: the first message of an SSL 3.0 handshake, as RFC 6101 section 5.6.1.2 lays it out. Whoever
//! answers it with a handshake message or an alert knows the protocol, whatever it thinks of the version; the handshake
//! does not go on.

use std::time::{SystemTime, UNIX_EPOCH};

use state::check::{CheckReport, CheckStatus};
use tls::Transport;

use super::probe::{self, Deadline, Trouble};

/// Bytes of an answer that settle it, unless the server closes before: the header of a record.
const HEADER_BYTES: usize = 5;
/// Content types of records (RFC 5246 section 6.2.1).
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
/// The step that HAProxy names when the answer is empty.
const EXPECT_STEP: u8 = 2;

/// Sends the hello and judges what comes back.
pub(super) async fn ask(conn: &mut Transport, deadline: &mut Deadline) -> CheckReport {
    let answer = match probe::send(conn, deadline, &hello(now_s())).await {
        Ok(()) => receive(conn, deadline).await,
        Err(trouble) => Err(trouble),
    };
    match answer {
        Ok(answer) => judge(&answer),
        Err(Trouble::Timeout) => CheckReport::new(CheckStatus::L6Timeout),
        Err(Trouble::Io(error)) => {
            CheckReport::new(CheckStatus::SocketError).describe(probe::describe(&error))
        }
    }
}

async fn receive(conn: &mut Transport, deadline: &mut Deadline) -> Result<Vec<u8>, Trouble> {
    let (mut answer, mut chunk) = (Vec::new(), [0; 64]);
    while answer.len() < HEADER_BYTES {
        match deadline.limit(|cx| conn.poll_read(cx, &mut chunk)).await? {
            0 => break,
            got => answer.extend_from_slice(&chunk[..got]),
        }
    }
    Ok(answer)
}

fn judge(answer: &[u8]) -> CheckReport {
    match answer.first() {
        Some(&(ALERT | HANDSHAKE)) => CheckReport::new(CheckStatus::L6Ok),
        Some(_) => CheckReport::new(CheckStatus::L6Response),
        None => CheckReport::new(CheckStatus::L6Response)
            .describe(format!("TCPCHK got an empty response at step {EXPECT_STEP}")),
    }
}

fn now_s() -> u32 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    // The field has 32 bits and starts again in 2106.
    u32::try_from(since & u64::from(u32::MAX)).unwrap_or(0)
}

/// The record. Its suites are those of SSL 3.0 and the AES ones of RFC 3268: servers of every age know one of them.
fn hello(now_s: u32) -> Vec<u8> {
    const VERSION: [u8; 2] = [3, 0];
    const CLIENT_HELLO: u8 = 1;
    const RANDOM: &[u8; 28] = b"lockgate ssl-hello-chk check";
    let suites: Vec<u8> = (0x01u16..=0x1b).chain(0x2f..=0x3a).flat_map(u16::to_be_bytes).collect();
    let body = [
        &VERSION[..],
        &now_s.to_be_bytes(),
        RANDOM,
        // No session to resume.
        &[0],
        &length(&suites),
        &suites,
        // One compression method: none.
        &[1, 0],
    ]
    .concat();
    let message = [&[CLIENT_HELLO, 0][..], &length(&body), &body].concat();
    [&[HANDSHAKE][..], &VERSION, &length(&message), &message].concat()
}

fn length(bytes: &[u8]) -> [u8; 2] {
    u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hello_is_well_formed() {
        let hello = hello(0x0102_0304);
        assert_eq!(hello[..11], [22, 3, 0, 0, 0x79, 1, 0, 0, 0x75, 3, 0]);
        assert_eq!(hello[11..15], [1, 2, 3, 4]);
        assert_eq!(hello.len(), 5 + 0x79);
        assert_eq!(hello[43..46], [0, 0, 78]);
        assert!(hello.ends_with(&[0, 0x3a, 1, 0]));
    }

    #[test]
    fn answers() {
        let status = |answer: &[u8]| judge(answer).status;
        assert_eq!(status(&[22, 3, 0, 0, 9]), CheckStatus::L6Ok);
        assert_eq!(status(&[21]), CheckStatus::L6Ok);
        assert_eq!(status(b"HTTP/"), CheckStatus::L6Response);
        assert_eq!(judge(b"").description, b"TCPCHK got an empty response at step 2");
    }
}
