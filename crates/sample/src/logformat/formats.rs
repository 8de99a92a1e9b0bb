//! The formats that options stand for (configuration manual, chapters 8.2.1 to 8.2.5).

use state::proxy::Mode;

/// `option tcplog`.
pub const TCP: &[u8] = b"%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq";

/// `option tcplog clf`.
pub const TCP_CLF: &[u8] =
    b"%{+Q}o %{-Q}ci - - [%T] \"TCP \" 000 %B \"\" \"\" %cp %ms %ft %b %s %Th %Tw %Tc %Tt %U \
      %ts-- %ac %fc %bc %sc %rc %sq %bq \"\" \"\" ";

/// `option httplog`.
pub const HTTP: &[u8] =
    b"%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq \
      %hr %hs %{+Q}r";

/// `option httplog clf`.
pub const HTTP_CLF: &[u8] =
    b"%{+Q}o %{-Q}ci - - [%trg] %r %ST %B \"\" \"\" %cp %ms %ft %b %s %TR %Tw %Tc %Tr %Ta %tsc \
      %ac %fc %bc %sc %rc %sq %bq %CC %CS %hrl %hsl";

/// `option httpslog`.
pub const HTTPS: &[u8] =
    b"%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq \
      %hr %hs %{+Q}r %[fc_err]/%[ssl_fc_err,hex]/%[ssl_c_err]/%[ssl_c_ca_err]/%[ssl_fc_is_resumed] \
      %[ssl_fc_sni]/%sslv/%sslc";

/// What precedes the structured data of an RFC 5424 line when `log-format-sd` says nothing.
pub const STRUCTURED_DATA: &[u8] = b"- ";

/// How a client reached the frontend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// Over IPv4 or IPv6.
    Inet,
    /// Through a UNIX socket.
    Unix,
}

/// Without any option: one line when a client connects.
#[must_use]
pub const fn default(mode: Mode, client: Client) -> &'static [u8] {
    match (client, mode) {
        (Client::Inet, Mode::Http) => b"Connect from %ci:%cp to %fi:%fp (%f/HTTP)",
        (Client::Inet, _) => b"Connect from %ci:%cp to %fi:%fp (%f/TCP)",
        (Client::Unix, Mode::Http) => b"Connect to unix:%cp (%f/HTTP)",
        (Client::Unix, _) => b"Connect to unix:%cp (%f/TCP)",
    }
}
