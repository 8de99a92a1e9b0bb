//! `debug dev log`: a line in the logs of `global`, to see where they arrive.

use logs::Level as LogLevel;

use crate::access::{Level, Mode};
use crate::command::{Answer, Command, Request};

pub(super) static ROWS: &[Command] = &[Command::new(
    &["debug", "dev", "log"],
    "debug dev log [msg] ...",
    "send this line to the logs of global",
    run,
)
.level(Level::Admin)
.mode(Mode::Expert)];

fn run(request: &mut Request<'_>) -> Answer {
    let text = request.words.get(3..).unwrap_or_default().join(&b' ');
    engine::log_globally(&request.process.shared, LogLevel::Info, &text);
    Answer::Done
}

#[cfg(test)]
mod tests {
    use crate::access::Level;
    use crate::testing::Lab;

    #[test]
    fn a_line_arrives_at_the_global_logs() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(std::time::Duration::from_secs(10))).unwrap();
        let address = socket.local_addr().unwrap();
        let lab = Lab::new(&format!("global\n  log {address} local0 info\n"));
        assert!(lab.talk(Level::Admin, "debug dev log Victory\n").contains("expert mode only"));
        assert_eq!(lab.talk(Level::Admin, "expert-mode on; debug dev log so be it\n"), "\n\n<end>");
        let mut bytes = [0; 1_024];
        let length = socket.recv(&mut bytes).unwrap();
        let line = String::from_utf8_lossy(&bytes[..length]).into_owned();
        assert!(line.starts_with("<134>") && line.trim_end().ends_with(": so be it"), "{line}");
    }
}
