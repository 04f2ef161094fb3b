"""A hub on 127.0.0.1 that serves a folder as one repository, and can be told to misbehave."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(ThreadingHTTPServer):
    """``requests`` keeps what was asked: (method, path, range). ``fault`` is a word, or empty; see Handler."""

    daemon_threads = True

    def __init__(self, folder, name="owner/toy"):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.name = name
        self.fault = ""
        self.cuts = 0
        self.requests = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def asked(self, part):
        return [request for request in self.requests if part in request[1]]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *anything):
        pass

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, *, body):
        hub, path = self.server, unquote(urlsplit(self.path).path)
        hub.requests.append((self.command, path, self.headers.get("Range")))
        refusals = {
            "gated": (403, "GatedRepo"),
            "gated without login": (401, "GatedRepo"),
            "missing": (404, "RepoNotFound"),
            "forbidden": (403, ""),
            "bad token": (401, ""),
            "down": (500, ""),
        }
        if hub.fault in refusals:
            status, code = refusals[hub.fault]
            message = "Invalid credentials in Authorization header" if hub.fault == "bad token" else hub.fault
            return self.send(status, b"", {"X-Error-Code": code, "X-Error-Message": message}, body)
        api = f"/api/models/{hub.name}"
        if path.startswith(f"{api}/tree/"):
            files = [{"type": "file", "path": f, "size": len(self.read(f)), "oid": self.oid(f)} for f in self.files()]
            return self.send(200, json.dumps(files).encode(), {}, body)
        if path == api or path.startswith(f"{api}/revision/"):
            if path.rpartition("/")[2] not in ("toy", "main", "v1", COMMIT):
                return self.send(404, b"", {"X-Error-Code": "RevisionNotFound"}, body)
            about = {"id": hub.name, "sha": COMMIT, "siblings": [{"rfilename": f} for f in self.files()]}
            return self.send(200, json.dumps(about).encode(), {}, body)
        file = path.removeprefix(f"/{hub.name}/resolve/{COMMIT}/")
        if file in self.files():
            return self.send_file(file, body)
        return self.send(404, b"", {"X-Error-Code": "RepoNotFound" if hub.name not in path else "EntryNotFound"}, body)

    def files(self):
        return sorted(path.name for path in self.server.folder.iterdir())

    def read(self, file):
        return (self.server.folder / file).read_bytes()

    def oid(self, file):
        return hashlib.sha1(self.read(file)).hexdigest()

    def send_file(self, file, body):
        content, start, status = self.read(file), 0, 200
        headers = {"ETag": f'"{self.oid(file)}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        if self.headers.get("Range"):
            start, status = int(self.headers["Range"].removeprefix("bytes=").split("-")[0]), 206
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        cut = body and file.endswith(".safetensors") and self.server.cuts > 0
        if cut:
            self.server.cuts -= 1
        self.send(status, content[start:], headers, body, cut=cut)

    def send(self, status, content, headers, body, *, cut=False):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content[: len(content) // 2] if cut else content)
        if cut:
            self.wfile.flush()
            self.close_connection = True
