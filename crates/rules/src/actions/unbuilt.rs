//! Actions that HAProxy has and this program does not have yet. A row of `ROWS` with the same name is found first.

use keyword::{Built, Unbuilt};

use crate::action::Kinds;

/// Where each may stand, in the order of their names.
pub(super) static ROWS: &[(Kinds, Unbuilt)] = &[
    (Kinds::HTTP, Unbuilt::new("add-headers-bin", "expression", "adds the headers of a binary list")),
    (Kinds::TCP_SESSION, Unbuilt::new("attach-srv", "server", "gives the connection to a server's pool")),
    (Kinds::HTTP_RESPONSE, Unbuilt::new("cache-store", "cache", "keeps the response in a cache").noted()),
    (Kinds::HTTP_REQUEST, Unbuilt::new("cache-use", "cache", "answers from a cache").noted()),
    (Kinds::HTTP, Unbuilt::new("del-headers-bin", "expression", "removes the headers of a binary list")),
    (
        Kinds::HTTP.and(Kinds::TCP_CONTENT).and(Kinds::TCP_RESPONSE),
        Unbuilt::new("ot-group", "filter group", "sends a group of OpenTracing's scopes"),
    ),
    (
        Kinds::HTTP_REQUEST.and(Kinds::HTTP_RESPONSE).and(Kinds::TCP_CONTENT).and(Kinds::TCP_RESPONSE),
        Unbuilt::new("send-spoe-group", "engine group", "sends a group of messages to an SPOE agent"),
    ),
    (Kinds::HTTP, Unbuilt::new("set-headers-bin", "expression", "sets the headers of a binary list")),
    (Kinds::TCP_CONTENT, Unbuilt::new("switch-mode", "http", "goes on with the connection as HTTP")),
];

/// Actions of scripts, by the beginning of their names.
pub(super) static SCRIPTED: Unbuilt = Unbuilt {
    aliases: &[],
    name: "lua.<name>",
    arguments: "[arguments]",
    built: Built::Refused,
    doc: keyword::Doc::brief("runs an action that a Lua script registered"),
};

/// The row of `name`, and where it may stand.
pub(super) fn find(name: &[u8]) -> Option<(Kinds, &'static Unbuilt)> {
    if name.starts_with(b"lua.") {
        return Some((Kinds::ALL, &SCRIPTED));
    }
    ROWS.iter().find(|(_, row)| row.name.as_bytes() == name).map(|(kinds, row)| (*kinds, row))
}
