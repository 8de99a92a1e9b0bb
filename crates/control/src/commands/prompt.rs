//! `prompt`: whether a connection goes on after a line, and whether a prompt asks for the next one.

use crate::command::{Answer, Command, Request};
use crate::session::Talk;

pub(super) static ROWS: &[Command] =
    &[Command::new(&["prompt"], "", "go on after each line, with or without a prompt", run)];

const USAGE: &str = "Usage: prompt [help | n | i | p | timed]*
Says how the connection goes on after a line:
  help    this text
  n       it ends (no prompt, one line)
  i       the next line may come (no prompt)
  p       the next line may come, and a prompt asks for it
  timed   switch the process's running time in the prompt on or off
Without a word, n and i become p, and p becomes n.
";

fn run(request: &mut Request<'_>) -> Answer {
    let mut wanted = None;
    let mut is_timed = false;
    for word in &request.words[1..] {
        match word.as_slice() {
            b"n" => wanted = Some(Talk::Once),
            b"i" => wanted = Some(Talk::Interactive),
            b"p" => wanted = Some(Talk::Prompt),
            b"timed" => is_timed = true,
            b"help" => return Answer::info(USAGE),
            _ => return Answer::error(USAGE),
        }
    }
    let client = &mut *request.client;
    if is_timed {
        client.has_timed_prompt = !client.has_timed_prompt;
        wanted = wanted.or(Some(Talk::Prompt));
    }
    client.talk = match (wanted, client.talk) {
        (Some(wanted), _) => wanted,
        (None, Talk::Once | Talk::Interactive) => Talk::Prompt,
        (None, Talk::Prompt) => Talk::Once,
    };
    Answer::Done
}
