import time
import pytest
from lake_assets_tests.fix_cli import Company, shown, START, hour
from datetime import timedelta
import botocore.session, boto3.session, botocore.loaders
LOADER=botocore.loaders.create_loader()
YAML="""event_log_storage:
  module: dagster._core.storage.event_log
  class: ConsolidatedSqliteEventLogStorage
  config:
    base_dir: {}
"""
PG="""storage:
  postgres:
    postgres_url: {}
"""
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("kind", ["now","shared","consolidated","pg"])
def test_a(company: Company, kind, monkeypatch) -> None:
    if kind != "now":
        orig=boto3.session.Session
        def make(profile_name=None):
            s=botocore.session.Session(); s.register_component("data_loader", LOADER)
            return orig(botocore_session=s)
        monkeypatch.setattr(boto3.session,"Session",make)
    home=company.folder/"dagster"
    if kind=="consolidated":
        (home/"dagster.yaml").write_text(YAML.format(home/"history"))
    if kind=="pg":
        (home/"dagster.yaml").write_text(PG.format(company.url.replace("postgresql:","postgresql+psycopg2:")))
    old = START - timedelta(hours=200)
    cat = "\n".join(f"t{i}: {{expect: sparse, columns: {{id: bigint, note: text}}}}" for i in range(4))
    company.write_catalog(cat, start=old)
    company.put(0, table="shop/t0")
    r=company.invoke("load"); print(r.stderr, r.exit_code)
    def go(what):
        t=time.process_time(); w=time.monotonic()
        r=company.invoke("load")
        print(what, r.exit_code, time.process_time()-t, time.monotonic()-w); print("ERR", r.stderr); 
    for n in range(0,40,2): company.put(n-200, table="shop/t3")
    go(f"scattered 20 {kind}")
