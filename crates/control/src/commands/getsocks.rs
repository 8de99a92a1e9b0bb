//! `_getsocks`: the next process asks for the listening sockets (`expose-fd listeners`). The answer is no text: see
//! [`net::handover`].

use crate::access::Level;
use crate::command::{Answer, Command, Request};

pub(super) static ROWS: &[Command] =
    &[Command::new(&["_getsocks"], "", "hands listening sockets over to another process", run)
        .level(Level::User)];

fn run(request: &mut Request<'_>) -> Answer {
    if request.client.access.has_sockets { Answer::Sockets } else { Answer::Quit }
}

#[cfg(test)]
mod tests {
    use crate::access::Level;
    use crate::testing::Lab;

    #[test]
    fn sockets_are_not_for_everybody() {
        assert_eq!(Lab::new("").talk(Level::Admin, "_getsocks\nshow version\n"), "<end>");
    }
}
