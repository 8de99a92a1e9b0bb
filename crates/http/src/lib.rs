//! HTTP without sockets: messages, the HTTP/1 parser and encoder, URIs, cookies, dates.
