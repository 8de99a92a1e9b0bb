//! A command on its way to a worker, and the worker's answer on its way back.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::net::Shutdown;
use tokio::net::UnixStream;

use crate::serve::Stream;

/// Bytes that are carried at a time.
const CHUNK_BYTES: usize = 16 * 1024;
/// How long either side may take none of them.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a payload is marked with on its way: the first of these words that it does not have as a line.
fn mark(payload: &[u8]) -> Vec<u8> {
    let has_line = |word: &[u8]| payload.split(|byte| *byte == b'\n').any(|line| line == word);
    let mut number = 0u32;
    loop {
        let word = format!("%LOCKGATE-{number}%").into_bytes();
        if !has_line(&word) {
            return word;
        }
        number += 1;
    }
}

/// A command's line with its payload, as a worker reads it.
pub(super) fn line(text: &[u8], payload: Option<&[u8]>) -> Vec<u8> {
    let mut bytes = text.to_vec();
    if let Some(payload) = payload {
        let mark = mark(payload);
        if bytes.last().is_none_or(|last| !matches!(last, b' ' | b'\t')) {
            bytes.push(b' ');
        }
        bytes.extend_from_slice(b"<<");
        bytes.extend_from_slice(&mark);
        bytes.push(b'\n');
        bytes.extend_from_slice(payload);
        bytes.push(b'\n');
        bytes.extend_from_slice(&mark);
    }
    bytes.push(b'\n');
    bytes
}

/// Sends one command over a worker's connection and carries the answer to the user.
///
/// # Errors
/// When either side goes away; what the user got of the answer stands.
pub(super) async fn one(connection: OwnedFd, line: &[u8], user: &Stream) -> io::Result<()> {
    let worker = Stream::Unix(UnixStream::from_std(connection.into())?);
    worker.write_all(line, PATIENCE).await?;
    worker.shut()?;
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let got = worker.read(&mut chunk).await?;
        if got == 0 {
            return Ok(());
        }
        user.write_all(&chunk[..got], PATIENCE).await?;
    }
}

/// Carries bytes both ways until the worker closes; `first` goes to it before anything else.
///
/// # Errors
/// As [`one`].
pub(super) async fn both(connection: OwnedFd, first: &[u8], user: &Stream) -> io::Result<()> {
    let worker = Stream::Unix(UnixStream::from_std(connection.into())?);
    worker.write_all(first, PATIENCE).await?;
    let (mut asked, mut answered) = (vec![0; CHUNK_BYTES], vec![0; CHUNK_BYTES]);
    let mut is_user_done = false;
    loop {
        tokio::select! {
            got = worker.read(&mut answered) => match got? {
                0 => return Ok(()),
                got => user.write_all(&answered[..got], PATIENCE).await?,
            },
            got = user.read(&mut asked), if !is_user_done => match got? {
                0 => {
                    is_user_done = true;
                    worker.shut()?;
                }
                got => worker.write_all(&asked[..got], PATIENCE).await?,
            },
        }
    }
}

impl Stream {
    /// Says that nothing more will be sent.
    fn shut(&self) -> io::Result<()> {
        match self {
            Stream::Inet(stream) => rustix::net::shutdown(stream, Shutdown::Write)?,
            Stream::Unix(stream) => rustix::net::shutdown(stream, Shutdown::Write)?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_travel_behind_a_word_that_they_do_not_have() {
        assert_eq!(line(b"show info", None), b"show info\n");
        assert_eq!(line(b"set x", Some(b"a\nb")), b"set x <<%LOCKGATE-0%\na\nb\n%LOCKGATE-0%\n");
        let tricky = line(b"set x", Some(b"%LOCKGATE-0%\nb"));
        assert!(tricky.ends_with(b"\n%LOCKGATE-1%\n"));
    }
}
