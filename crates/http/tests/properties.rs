//! What holds for any input: the cut does not matter, what is written is read back, and two parsers agree.

use lockgate_http::h1::{
    BodyDecoder, BodyError, BodyLength, Leniency, Limits, ParseError, Parser, Progress, Role, chunk_header,
    request_framing, response_framing, write_last_chunk,
};
use lockgate_http::message::{Fields, Head, Method, Version};
use proptest::prelude::*;
use proptest::sample::{Index, select};

const LIMITS: Limits = Limits { head_bytes_max: 600, fields_max: 8 };

/// Everything that a head says, comparable.
#[derive(Debug, PartialEq)]
struct Seen {
    consumed: usize,
    written: Vec<u8>,
    fields: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Parses what grows to `input` at each of `cuts`.
fn parse_in_pieces(
    role: Role,
    leniency: Leniency,
    input: &[u8],
    cuts: &[usize],
) -> Result<Option<Seen>, ParseError> {
    let mut parser = Parser::new(role, leniency, LIMITS);
    let mut head = Head::new();
    for &cut in cuts.iter().chain([&input.len()]) {
        if let Progress::Done { consumed } = parser.parse(&input[..cut], &mut head)? {
            let mut written = Vec::new();
            head.write_to(&mut written);
            let fields = head.fields.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
            return Ok(Some(Seen { consumed, written, fields }));
        }
    }
    Ok(None)
}

fn sorted_cuts(cuts: &[Index], len: usize) -> Vec<usize> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(len + 1)).collect();
    cuts.sort_unstable();
    cuts
}

/// Pieces of heads, good and bad, in any order: most are nearly heads.
fn nearly_head(role: Role) -> impl Strategy<Value = Vec<u8>> {
    let start: Vec<&'static [u8]> = match role {
        Role::Request => vec![
            b"GET / HTTP/1.1\r\n",
            b"POST /a?b=c HTTP/1.0\n",
            b"\r\n\r\nPUT * HTTP/1.1\r\n",
            b"GET  http://h:80/#x HTTP/2.0\r\n",
            b"CONNECT h:443 HTTP/1.1\r\n",
            b"GET /\r\n",
            b"G",
        ],
        Role::Response => vec![
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.0 304\r\n",
            b"HTTP/1.1  101 \n",
            b"HTTP/1.1 2000 x\r\n",
            b"HTTP/1.1 200 a\0b\r\n",
            b"ICY 200 OK\r\n",
        ],
    };
    let piece: Vec<&'static [u8]> = vec![
        b"Host: h\r\n",
        b"Host: other\r\n",
        b"Content-Length: 5\r\n",
        b"content-length: 05, 5\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Connection: keep-alive, x, close\r\n",
        b"Upgrade: h2c, websocket\r\n",
        b"A:b\n",
        b"A:  b \t\r\n",
        b"X-Folded: a\r\n b\r\n\tc\r\n",
        b"Empty:\r\n",
        b"Bad name: x\r\n",
        b"Nul: \0\r\n",
        b"Bare: a\rb\r\n",
        b"X-Long: 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b":",
        b" ",
        b"A",
        b"\xff",
    ];
    (select(start), proptest::collection::vec(select(piece), 0..10)).prop_map(|(start, pieces)| {
        let mut head = start.to_vec();
        pieces.iter().for_each(|piece| head.extend_from_slice(piece));
        head
    })
}

fn roles() -> impl Strategy<Value = (Role, Leniency)> {
    (select(vec![Role::Request, Role::Response]), select(vec![Leniency::Strict, Leniency::AcceptUnsafe]))
}

fn cuts() -> impl Strategy<Value = Vec<Index>> {
    proptest::collection::vec(any::<Index>(), 0..8)
}

fn token() -> impl Strategy<Value = String> {
    "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,20}"
}

fn value() -> impl Strategy<Value = String> {
    "[!-~]([ -~]{0,60}[!-~])?|"
}

/// A head in the form in which it is written.
fn plain_request() -> impl Strategy<Value = (String, Vec<(String, String)>)> {
    (token(), "/[!$-~]{0,40}", proptest::collection::vec((token(), value()), 0..8)).prop_map(
        |(method, uri, fields)| {
            let lines: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            (format!("{method} {uri} HTTP/1.1\r\n{lines}\r\n"), fields)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn the_cut_of_a_head_does_not_matter(
        (role, leniency, input) in roles().prop_flat_map(|(role, leniency)| {
            (Just(role), Just(leniency), nearly_head(role))
        }),
        cuts in cuts(),
    ) {
        let whole = parse_in_pieces(role, leniency, &input, &[]);
        let pieces = parse_in_pieces(role, leniency, &input, &sorted_cuts(&cuts, input.len()));
        let bytes = parse_in_pieces(role, leniency, &input, &(0..input.len()).collect::<Vec<_>>());
        prop_assert_eq!(&whole, &pieces);
        prop_assert_eq!(&whole, &bytes);
    }

    #[test]
    fn any_bytes_end_in_a_head_or_an_error(
        (role, leniency) in roles(),
        input in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let whole = parse_in_pieces(role, leniency, &input, &[]);
        let bytes = parse_in_pieces(role, leniency, &input, &(0..input.len()).collect::<Vec<_>>());
        prop_assert_eq!(whole, bytes);
    }

    #[test]
    fn what_was_parsed_is_written_as_it_came((text, fields) in plain_request()) {
        // A line that is nothing but its name is written with a blank behind the colon, as it came here.
        let seen = parse_in_pieces(Role::Request, Leniency::Strict, text.as_bytes(), &[]);
        prop_assume!(text.len() <= LIMITS.head_bytes_max);
        let seen = seen.unwrap().unwrap();
        prop_assert_eq!(seen.written, text.as_bytes());
        let names: Vec<_> = fields.iter().map(|(n, v)| (n.clone().into_bytes(), v.clone().into_bytes())).collect();
        prop_assert_eq!(seen.fields, names);
    }

    #[test]
    fn what_was_written_is_parsed_again(
        (role, leniency, input) in roles().prop_flat_map(|(role, leniency)| {
            (Just(role), Just(leniency), nearly_head(role))
        }),
    ) {
        if let Ok(Some(first)) = parse_in_pieces(role, leniency, &input, &[]) {
            let mut parser = Parser::new(role, leniency, Limits::default());
            let mut head = Head::new();
            let done = Progress::Done { consumed: first.written.len() };
            prop_assert_eq!(parser.parse(&first.written, &mut head), Ok(done));
            let mut second = Vec::new();
            head.write_to(&mut second);
            prop_assert_eq!(first.written, second);
        }
    }

    #[test]
    fn httparse_agrees_on_plain_heads((text, _) in plain_request()) {
        prop_assume!(text.len() <= LIMITS.head_bytes_max);
        let seen = parse_in_pieces(Role::Request, Leniency::Strict, text.as_bytes(), &[]).unwrap().unwrap();
        let mut slots = [httparse::EMPTY_HEADER; 16];
        let mut other = httparse::Request::new(&mut slots);
        prop_assert_eq!(other.parse(text.as_bytes()), Ok(httparse::Status::Complete(seen.consumed)));
        let theirs: Vec<_> =
            other.headers.iter().map(|field| (field.name.as_bytes().to_vec(), field.value.to_vec())).collect();
        prop_assert_eq!(seen.fields, theirs);
    }

    #[test]
    fn framing_survives_any_head(
        (role, leniency, input) in roles().prop_flat_map(|(role, leniency)| {
            (Just(role), Just(leniency), nearly_head(role))
        }),
    ) {
        let mut head = Head::new();
        let progress = Parser::new(role, leniency, LIMITS).parse(&input, &mut head);
        if let Ok(Progress::Done { .. }) = progress {
            let framed = match role {
                Role::Request => request_framing(&mut head, leniency),
                Role::Response => response_framing(&mut head, Method::Get, leniency),
            };
            if framed.is_ok() {
                let lengths = head.fields.all(b"content-length").count();
                let codings = head.fields.all(b"transfer-encoding").count();
                prop_assert!(lengths + codings <= 1, "one length at most is forwarded");
                prop_assert!(role == Role::Response || head.fields.all(b"host").count() <= 1);
            }
        }
    }

    #[test]
    fn the_cut_of_a_chunked_body_does_not_matter(input in nearly_chunked(), cuts in cuts()) {
        let whole = decode(&input, &[]);
        prop_assert_eq!(&whole, &decode(&input, &sorted_cuts(&cuts, input.len())));
        prop_assert_eq!(&whole, &decode(&input, &(0..input.len()).collect::<Vec<_>>()));
    }

    #[test]
    fn chunks_that_were_written_are_read_back(
        chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..300), 0..6),
        with_trailers in any::<bool>(),
        cuts in cuts(),
    ) {
        let mut wire = Vec::new();
        for chunk in &chunks {
            let mut header = [0; 20];
            let len = chunk_header(chunk.len(), &mut header);
            wire.extend_from_slice(&header[..len]);
            wire.extend_from_slice(chunk);
            wire.extend_from_slice(lockgate_http::h1::CHUNK_END);
        }
        let mut trailers = Fields::new();
        trailers.push(b"X-Sum", b"1");
        write_last_chunk(with_trailers.then_some(&trailers), &mut wire);
        let (payload, seen, ended) = decode(&wire, &sorted_cuts(&cuts, wire.len())).unwrap();
        prop_assert_eq!(payload, chunks.concat());
        prop_assert_eq!(seen.len(), usize::from(with_trailers));
        prop_assert!(ended);
    }
}

/// Pieces of chunked bodies, good and bad.
fn nearly_chunked() -> impl Strategy<Value = Vec<u8>> {
    let piece: Vec<&'static [u8]> = vec![
        b"3\r\nabc\r\n",
        b"3\r\nabc\r\n",
        b"00a;x=\"y\\\"\"\r\n0123456789\r\n",
        b"1 \r\nx\r\n",
        b"0\r\n",
        b"0\r\n\r\n",
        b"X-T: v\r\n",
        b"Host: v\r\n",
        b"X:\r\n y\r\n",
        b"Bad : v\r\n",
        b"\r\n",
        b"\n",
        b"2\nxx\r\n",
        b"g",
    ];
    proptest::collection::vec(select(piece), 0..10).prop_map(|pieces| pieces.concat())
}

type Trailers = Vec<(Vec<u8>, Vec<u8>)>;

/// Payload, trailers and whether the body ended; an error leaves the payload out of account, because what comes
/// before the error within one read is not handed out.
fn decode(input: &[u8], cuts: &[usize]) -> Result<(Vec<u8>, Trailers, bool), BodyError> {
    let mut decoder = BodyDecoder::new(BodyLength::Chunked, LIMITS);
    let (mut payload, mut held, mut from) = (Vec::new(), Vec::new(), 0);
    for &cut in cuts.iter().chain([&input.len()]) {
        held.extend_from_slice(&input[from..cut]);
        from = cut;
        let decoded = decoder.decode_in_place(&mut held)?;
        payload.extend_from_slice(&held[decoded.data]);
        held.drain(..decoded.consumed);
    }
    let trailers = decoder.trailers().into_iter().flatten();
    let trailers = trailers.map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
    Ok((payload, trailers, decoder.is_ended()))
}

#[test]
fn a_head_is_reused_without_growing() {
    let mut parser = Parser::new(Role::Request, Leniency::Strict, Limits::default());
    let mut head = Head::new();
    let text = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\n\r\n";
    let mut sizes = Vec::new();
    for _ in 0..50 {
        parser.parse(text, &mut head).unwrap();
        request_framing(&mut head, Leniency::Strict).unwrap();
        head.fields.push(b"X-Forwarded-For", b"127.0.0.1");
        sizes.push(head.fields.text_bytes());
    }
    assert!(sizes.windows(2).all(|pair| pair[0] == pair[1]), "{sizes:?}");
    assert_eq!(head.version(), Version::Http11);
}
