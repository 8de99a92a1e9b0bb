//! The field names that the proxy itself reads or that make up most traffic, as one byte each.
//!
//! A name is found by a perfect hash over its length, its first byte and its last two, checked at compile time,
//! and one comparison. What is here needs no byte-by-byte check of its characters and no look-up by text later.

use crate::scan;

macro_rules! known_names {
    ($($variant:ident = $name:literal,)*) => {
        /// A field name that is known by number. [`Known::Other`] stands for every other name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[expect(missing_docs, reason = "each variant is the field name that it spells")]
        pub enum Known {
            Other,
            $($variant,)*
        }

        /// Names in lower case, by number; number 0 is `Other`.
        const NAMES: &[&str] = &["", $($name,)*];
        const ALL: &[Known] = &[Known::Other, $(Known::$variant,)*];
    };
}

known_names! {
    Host = "host",
    Connection = "connection",
    ContentLength = "content-length",
    TransferEncoding = "transfer-encoding",
    Expect = "expect",
    Upgrade = "upgrade",
    Te = "te",
    Trailer = "trailer",
    KeepAlive = "keep-alive",
    ProxyConnection = "proxy-connection",
    Cookie = "cookie",
    SetCookie = "set-cookie",
    CacheControl = "cache-control",
    Location = "location",
    Date = "date",
    Server = "server",
    XForwardedFor = "x-forwarded-for",
    XForwardedProto = "x-forwarded-proto",
    XForwardedHost = "x-forwarded-host",
    XForwardedPort = "x-forwarded-port",
    XRealIp = "x-real-ip",
    Forwarded = "forwarded",
    Via = "via",
    Accept = "accept",
    AcceptEncoding = "accept-encoding",
    AcceptLanguage = "accept-language",
    AcceptRanges = "accept-ranges",
    Age = "age",
    Allow = "allow",
    Authorization = "authorization",
    ProxyAuthorization = "proxy-authorization",
    ProxyAuthenticate = "proxy-authenticate",
    WwwAuthenticate = "www-authenticate",
    ContentType = "content-type",
    ContentEncoding = "content-encoding",
    ContentLanguage = "content-language",
    ContentRange = "content-range",
    ContentDisposition = "content-disposition",
    ContentSecurityPolicy = "content-security-policy",
    Etag = "etag",
    Expires = "expires",
    LastModified = "last-modified",
    IfModifiedSince = "if-modified-since",
    IfNoneMatch = "if-none-match",
    IfMatch = "if-match",
    IfRange = "if-range",
    IfUnmodifiedSince = "if-unmodified-since",
    Origin = "origin",
    Pragma = "pragma",
    Range = "range",
    Referer = "referer",
    RetryAfter = "retry-after",
    SecWebsocketKey = "sec-websocket-key",
    SecWebsocketAccept = "sec-websocket-accept",
    StrictTransportSecurity = "strict-transport-security",
    UserAgent = "user-agent",
    Vary = "vary",
    UpgradeInsecureRequests = "upgrade-insecure-requests",
    XRequestId = "x-request-id",
    XContentTypeOptions = "x-content-type-options",
    XFrameOptions = "x-frame-options",
    XXssProtection = "x-xss-protection",
    AccessControlAllowOrigin = "access-control-allow-origin",
}

const SLOTS: usize = 256;
static TABLE: [Known; SLOTS] = build_table();

impl Known {
    /// The number of `name`, in any case.
    #[inline(always)]
    pub fn of(name: &[u8]) -> Known {
        let [.., before_last, last] = name else { return Known::Other };
        let Some(first) = name.first() else { return Known::Other };
        let known = TABLE[slot(name.len(), *first, *before_last, *last)];
        if scan::eq_lower(name, known.name().as_bytes()) { known } else { Known::Other }
    }

    /// The name in lower case; empty for [`Known::Other`].
    #[inline]
    pub fn name(self) -> &'static str {
        NAMES[usize::from(self as u8)]
    }

    /// One bit for each known name, to summarise which may be present.
    #[inline]
    pub(crate) const fn bit(self) -> u64 {
        1 << (self as u8)
    }
}

/// The multipliers were found by trial; `build_table` refuses to compile when they make two names collide.
#[inline]
const fn slot(len: usize, first: u8, before_last: u8, last: u8) -> usize {
    let mixed = len * 122
        + ((first | 0x20) as usize) * 39
        + ((last | 0x20) as usize) * 78
        + ((before_last | 0x20) as usize) * 5;
    mixed % SLOTS
}

const fn build_table() -> [Known; SLOTS] {
    let mut table = [Known::Other; SLOTS];
    assert!(ALL.len() <= 64, "`Known::bit` has 64 bits");
    let mut number = 1;
    while number < ALL.len() {
        let name = NAMES[number].as_bytes();
        let at = slot(name.len(), name[0], name[name.len() - 2], name[name.len() - 1]);
        assert!(table[at] as u8 == 0, "two known names share a slot");
        table[at] = ALL[number];
        number += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_in_any_case() {
        for &known in ALL.iter().skip(1) {
            assert_eq!(Known::of(known.name().as_bytes()), known);
            assert_eq!(Known::of(known.name().to_ascii_uppercase().as_bytes()), known);
        }
    }

    #[test]
    fn others_are_other() {
        for name in ["", "x", "hos", "hosts", "content_length", "content-lengtX", "x-foo", "-e", "\x14E"] {
            assert_eq!(Known::of(name.as_bytes()), Known::Other, "{name}");
        }
    }
}
