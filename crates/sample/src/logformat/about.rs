//! What each variable and flag of log formats is, in a few words: for the reference (chapter 8.2.6).

/// The variables, in the order of their names; a test holds them against the rows.
pub(super) static VARIABLES: &[(&str, &str)] = &[
    ("B", "bytes sent to the client"),
    ("CC", "the cookie captured from the request"),
    ("CS", "the cookie captured from the response"),
    ("H", "the host name of this machine"),
    ("HM", "the request's method"),
    ("HP", "the request's URI without the query"),
    ("HPO", "the request's path alone"),
    ("HQ", "the request's query, with its question mark"),
    ("HU", "the request's URI"),
    ("HV", "the request's version"),
    ("ID", "the number of the request by `unique-id-format`"),
    ("OG", "what the stream came from"),
    ("ST", "the response's status"),
    ("T", "when the connection was accepted, UTC"),
    ("TR", "how long the request's head took, milliseconds"),
    ("Ta", "how long the exchange was under way, milliseconds"),
    ("Tc", "how long connecting to the server took, milliseconds"),
    ("Td", "how long the response's body took, milliseconds"),
    ("Th", "how long handshakes of the connection took, milliseconds"),
    ("Ti", "how long the connection was idle before the request, milliseconds"),
    ("Tl", "when the connection was accepted, local time with its zone"),
    ("Tq", "how long the request took from the connection on, milliseconds"),
    ("Tr", "how long the server took to answer, milliseconds"),
    ("Ts", "when the connection was accepted, seconds since 1970"),
    ("Tt", "how long everything took, milliseconds"),
    ("Tu", "how long it took as the user sees it, milliseconds"),
    ("Tw", "how long the request waited in queues, milliseconds"),
    ("U", "bytes received from the client"),
    ("ac", "connections of the whole process"),
    ("b", "the backend's name"),
    ("bc", "connections of the backend"),
    ("bi", "the address that the server sees"),
    ("bp", "the port that the server sees"),
    ("bq", "how many requests were before it in the backend's queue"),
    ("ci", "the client's address"),
    ("cp", "the client's port"),
    ("f", "the frontend's name"),
    ("fc", "connections of the frontend"),
    ("fi", "the address that the client connected to"),
    ("fp", "the port that the client connected to"),
    ("ft", "the frontend's name, with `~` for TLS"),
    ("hr", "headers captured from the request, in braces"),
    ("hrl", "headers captured from the request, one word each"),
    ("hs", "headers captured from the response, in braces"),
    ("hsl", "headers captured from the response, one word each"),
    ("lc", "the number of the log line in its frontend"),
    ("ms", "the milliseconds of when the connection was accepted"),
    ("o", "nothing itself: its flags hold for all that follows"),
    ("pid", "the number of the process"),
    ("r", "the request line"),
    ("rc", "how often connecting was tried again, `+` before it for another server"),
    ("rt", "the number of the request"),
    ("s", "the server's name"),
    ("sc", "connections of the server"),
    ("si", "the server's address"),
    ("sp", "the server's port"),
    ("sq", "how many requests were before it in the server's queue"),
    ("sslc", "the cipher of the client's connection"),
    ("sslv", "the TLS version of the client's connection"),
    ("t", "when the connection was accepted, local time with milliseconds"),
    ("tr", "when the request came, local time with milliseconds"),
    ("trg", "when the request came, UTC"),
    ("trl", "when the request came, local time with its zone"),
    ("ts", "how the exchange ended: two characters"),
    ("tsc", "how the exchange ended, with what became of the cookie: four characters"),
];

/// The flags of `%{+FLAG}`.
pub(super) static FLAGS: &[(&str, &str)] = &[
    ("E", "a backslash before quotes, backslashes and closing brackets"),
    ("M", "`-` for an empty value"),
    ("Q", "quotes around text"),
    ("X", "addresses, ports and some numbers in hexadecimal"),
    ("bin", "bytes stay bytes"),
    ("cbor", "the line is a CBOR map"),
    ("json", "the line is a JSON object"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_is_told() {
        let told: Vec<&str> = VARIABLES.iter().map(|(name, _)| *name).collect();
        assert_eq!(told, super::super::variable::names().collect::<Vec<_>>());
    }
}
