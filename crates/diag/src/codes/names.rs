//! `E03xx`: names that are not there or there twice, files, certificates.

pages! {
    /// A backend that does not exist.
    UNKNOWN_BACKEND = "E0301", "no such backend" {
        says: "`use_backend` or `default_backend` names a backend that the configuration does not have.",
        why: "Requests would have nowhere to go. A `listen` section can be named as well, a frontend cannot. A name that a log format computes is looked up for each request instead.",
        wrong: "frontend web\n    bind :80\n    default_backend aplication\nbackend application\n",
        right: "frontend web\n    bind :80\n    default_backend application\nbackend application\n",
    }
    /// A server that does not exist.
    UNKNOWN_SERVER = "E0302", "no such server" {
        says: "A line names a server that the proxy does not have.",
        why: "Server names belong to their proxy: `use-server` looks in its own, `track` and fetches take `BACKEND/SERVER`.",
        wrong: "backend app\n    server s1 127.0.0.1:8080\n    use-server s2 if TRUE\n",
        right: "backend app\n    server s1 127.0.0.1:8080\n    use-server s1 if TRUE\n",
    }
    /// A proxy without a stick table where one is needed.
    UNKNOWN_TABLE = "E0303", "no such stick table" {
        says: "A line needs a stick table, and the proxy that it names, or stands in, has none.",
        why: "A table is made by a `stick-table` line in a proxy, and called by the proxy's name. A backend may consist of a table alone.",
        wrong: "backend app\n    stick on src\n",
        right: "backend app\n    stick-table type ip size 1m expire 1h\n    stick on src\n",
    }
    /// A section that a line names and that does not exist.
    UNKNOWN_SECTION = "E0304", "no such section" {
        says: "A line names a section (`userlist`, `http-errors`, `resolvers`, `defaults`, `ring`, `healthcheck`, ...) that the configuration does not have.",
        why: "The name may be mistyped, or the section stands in a file that was not given. `defaults` sections must stand above those that inherit them.",
        wrong: "frontend web from base\n    bind :80\n",
        right: "defaults base\nfrontend web from base\n    bind :80\n",
    }
    /// A user or group that does not exist.
    UNKNOWN_ACCOUNT = "E0305", "no such user or group" {
        says: "A line names a user or a group that the system, or the `userlist`, does not know.",
        why: "In `global`, names are those of the system's accounts. In a `userlist`, groups name users of the same list and the other way round.",
        wrong: "userlist staff\n    user ann insecure-password secret groups admins\n",
        right: "userlist staff\n    group admins\n    user ann insecure-password secret groups admins\n",
    }
    /// A frontend where a backend is wanted.
    NO_BACKEND_SIDE = "E0306", "a frontend has no servers" {
        says: "`use_backend` or `default_backend` names a frontend.",
        why: "Only a `backend` or a `listen` has servers. Make it a `listen`, or name the backend that it uses.",
        wrong: "frontend web\n    bind :80\n    default_backend other\nfrontend other\n    bind :81\n",
        right: "frontend web\n    bind :80\n    default_backend other\nlisten other\n    bind :81\n",
    }
    /// A file cannot be read.
    FILE_UNREADABLE = "E0311", "a file cannot be read" {
        says: "The file that this line names cannot be opened or read.",
        why: "Files are read once, at the start, so that no request ever waits for the disk. A path is relative to the working directory unless `default-path` says otherwise; the user who starts the process must be allowed to read it.",
        wrong: "frontend web\n    mode http\n    bind :80\n    errorfile 503 /no/such/file.http\n",
        right: "frontend web\n    mode http\n    bind :80\n    errorfile 503 /dev/null\n",
    }
    /// A file's content is not what it must be.
    FILE_MALFORMED = "E0312", "a file's content is wrong" {
        says: "The file was read, and its content is not of the form that is needed.",
        why: "An error file is a whole HTTP response with its head, a map has a key and a value in each line, a list of certificates a file and its words. The message says where it goes wrong.",
        wrong: "",
        right: "",
    }
    /// A certificate, key or list of authorities cannot be used.
    CERTIFICATE = "E0313", "a certificate cannot be used" {
        says: "A certificate, its key or a list of authorities is missing, malformed, encrypted, or they do not belong together.",
        why: "The file holds the certificate, the intermediate ones behind it, and the private key, each in PEM; the key may stand in a file of the same name with `.key`. `ssl` on a `bind` line needs a certificate, on a `server` line the authorities that signed the server's, or `verify none`.",
        wrong: "frontend web\n    bind :443 ssl crt /no/such/site.pem\n",
        right: "frontend web\n    bind :443\n",
    }
    /// TLS settings that leave nothing to work with.
    TLS_SETTINGS = "E0314", "TLS settings that cannot work" {
        says: "The versions, ciphers, curves or signature algorithms of this line leave nothing that both sides could use.",
        why: "TLS 1.2 and 1.3 with AES-GCM and ChaCha20 are built in; what is older or weaker is not. Widen the list or leave it out: the defaults are right for most.",
        wrong: "backend app\n    server s1 127.0.0.1:443 ssl verify none ssl-min-ver TLSv1.3 ssl-max-ver TLSv1.2\n",
        right: "backend app\n    server s1 127.0.0.1:443 ssl verify none ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.3\n",
    }
    /// TLS settings of which a part is left out.
    TLS_LEFT_OUT = "E0315", "TLS settings of which a part is left out" {
        says: "A part of what this line, or a file that it names, asks for is not built in or cannot be used and is left out; the rest is used.",
        why: "Connections work with what is left. Take the names out that the message lists, so that the file says what happens.",
        wrong: "backend app\n    server s1 127.0.0.1:443 ssl verify none ciphers ECDHE-RSA-AES128-GCM-SHA256:DES-CBC3-SHA\n",
        right: "backend app\n    server s1 127.0.0.1:443 ssl verify none ciphers ECDHE-RSA-AES128-GCM-SHA256\n",
    }
    /// Two proxies of one name and side.
    DUPLICATE_PROXY = "E0321", "two proxies of one name" {
        says: "Another proxy with the same name and a common side stands above.",
        why: "The name means the first one, so nothing can be sent to the second. A frontend and a backend may share a name: they have no side in common.",
        wrong: "backend app\nbackend app\n",
        right: "backend app1\nbackend app2\n",
    }
    /// Two servers of one name.
    DUPLICATE_SERVER = "E0322", "two servers of one name" {
        says: "Another server of the same proxy has the same name.",
        why: "Both take part in balancing, but `use-server`, the runtime API and state files find the first one only, and the log does not tell them apart.",
        wrong: "backend app\n    server s1 127.0.0.1:8081\n    server s1 127.0.0.1:8082\n",
        right: "backend app\n    server s1 127.0.0.1:8081\n    server s2 127.0.0.1:8082\n",
    }
    /// Something else that exists already.
    DUPLICATE = "E0323", "something that exists already" {
        says: "A section, user, group, id or certificate with this name or number exists already.",
        why: "Only one of them can be meant. Rename or remove the other.",
        wrong: "ring a\nring a\n",
        right: "ring a\nring b\n",
    }
}
