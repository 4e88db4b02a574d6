BEGIN TRANSACTION;
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    action TEXT NOT NULL,
    cluster_id TEXT NOT NULL,
    detail TEXT NOT NULL
);
INSERT INTO "audit" VALUES(1,1795623467886571,'host-28996-bfd7','issue opened','9a17ef9899fa','issues/0001-netra-backend-staging-stream-error-userexecutioncontext-init.md');
INSERT INTO "audit" VALUES(2,1795623467910224,'host-28996-bfd7','issue opened','e57d13749b13','issues/0002-netra-backend-staging-failed-to-stop-agent-for.md');
INSERT INTO "audit" VALUES(3,1795623467934382,'host-28996-bfd7','issue opened','21119dd82ff0','issues/0003-netra-backend-staging-thread-id-mismatch-run-id.md');
INSERT INTO "audit" VALUES(4,1795623467962484,'host-28996-bfd7','issue opened','71cd10aeda33','issues/0004-netra-backend-staging-http-4xx.md');
INSERT INTO "audit" VALUES(5,1795623467986137,'host-28996-bfd7','issue opened','aca9c14948ea','issues/0005-netra-backend-staging-session-access-failed-middleware-not.md');
INSERT INTO "audit" VALUES(6,1795623470219175,'host-29055-b68d','issue opened','70706797dcd1','issues/0006-cart-checkout-mail-timeouterror-gateway-did-not-answer.md');
INSERT INTO "audit" VALUES(7,1795623471551288,'root','merge','2fb7fe4abbac','into 3e2a8e59ac69: one disk');
INSERT INTO "audit" VALUES(8,1795623472656070,'root','merge','1691ffa3bc25','into eb7012cca548: wrong');
INSERT INTO "audit" VALUES(9,1795623473756746,'root','split','eb7012cca548','1691ffa3bc25: no, two');
INSERT INTO "audit" VALUES(10,1795623474820048,'root','mute','5a433eaaaa21','until 2026-12-02 16:17 UTC: quota is raised');
INSERT INTO "audit" VALUES(11,1795623475790494,'root','resolve','247c31f86893','');
INSERT INTO "audit" VALUES(12,1795623476823353,'root','acknowledge','325e63ee8672','');
INSERT INTO "audit" VALUES(13,1795623477976096,'root','priority','57cea6cb4b49','P0');
INSERT INTO "audit" VALUES(14,1795623479283318,'root','mute','aca9c14948ea','until 220 entries');
INSERT INTO "audit" VALUES(15,1795623481294343,'host-29196-8d99','issues linked','5a433eaaaa21','issues/0006-cart-checkout-mail-timeouterror-gateway-did-not-answer.md rise together');
INSERT INTO "audit" VALUES(16,1795623481455095,'host-29196-8d99','issue opened','aded52150dfe','issues/0007-edge-error.md');
CREATE TABLE clusters (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    stream_id INTEGER NOT NULL REFERENCES streams (id),
    rev INTEGER NOT NULL,
    seed TEXT NOT NULL,
    template TEXT NOT NULL,
    merged_into TEXT,
    overflow INTEGER NOT NULL,
    literal INTEGER NOT NULL,
    count INTEGER NOT NULL DEFAULT 0,
    first_seen INTEGER,
    last_seen INTEGER,
    sample_insert_id TEXT,
    sample_at INTEGER,
    sample_text TEXT,
    sample_raw TEXT
);
INSERT INTO "clusters" VALUES(1,'aca9c14948ea',1,1,'Session access failed (middleware not installed?): SessionMiddleware must be installed to access request.session','Session access failed (middleware not installed?): SessionMiddleware must be installed to access request.session',NULL,0,0,22,1757751768378206,1757826887005700,'68c6830a49c0a79230350c2a',1757751768378206,'Session access failed (middleware not installed?): SessionMiddleware must be installed to access request.session','{"insertId":"68c6830a49c0a79230350c2a","jsonPayload":{"labels":{"function":"callHandlers","line":"1706","module":"logging"},"message":"Session access failed (middleware not installed?): SessionMiddleware must be installed to access request.session","timestamp":"2025-09-13T08:22:48.378206+00:00"},"labels":{"instanceId":"0069c7a98815ed1357c510e522c3fda96c78f34f0cdef5fff7d5663ad092dab9cd10eb3f1693c647026629cf0e862067c9da8462b66835eb861e2c00d623b1f3fd31054e972de8309fc17dbbe44929e4d16b4","migration-run":"1757350810","vpc-connectivity":"enabled"},"logName":"projects/netra-staging/logs/run.googleapis.com%2Fstderr","receiveTimestamp":"2025-09-13T08:22:48.512206123Z","resource":{"labels":{"configuration_name":"netra-backend-staging","location":"us-central1","project_id":"netra-staging","revision_name":"netra-backend-staging-00606-c86","service_name":"netra-backend-staging"},"type":"cloud_run_revision"},"severity":"WARNING","timestamp":"2025-09-13T08:22:48.378206Z"}');
INSERT INTO "clusters" VALUES(2,'9a17ef9899fa',1,1,'Stream <*> error: UserExecutionContext.__init__() got an unexpected keyword argument ''<*>''','Stream <*> error: UserExecutionContext.__init__() got an unexpected keyword argument ''<*>''',NULL,0,0,7,1757770398640476,1757822167480941,'68c6d7d8ab45cb4b4e3c858b',1757770398640476,'Stream 688189c4-a90c-46f0-8226-90d2445a6608 error: UserExecutionContext.__init__() got an unexpected keyword argument ''metadata''','{"insertId":"68c6d7d8ab45cb4b4e3c858b","jsonPayload":{"context":{"name":"netra_backend.app.services.streaming_service","service":"netra-service","exc_info":true},"labels":{"function":"_execute_stream","line":"250","module":"netra_backend.app.services.streaming_service"},"message":"Stream 688189c4-a90c-46f0-8226-90d2445a6608 error: UserExecutionContext.__init__() got an unexpected keyword argument ''metadata''","timestamp":"2025-09-13T13:33:18.640476+00:00"},"labels":{"instanceId":"0069c7a98815ed1357c510e522c3fda96c78f34f0cdef5fff7d5663ad092dab9cd10eb3f1693c647026629cf0e862067c9da8462b66835eb861e2c00d623b1f3fd31054e972de8309fc17dbbe44929e4d16b4","migration-run":"1757350810","vpc-connectivity":"enabled"},"logName":"projects/netra-staging/logs/run.googleapis.com%2Fstderr","receiveTimestamp":"2025-09-13T13:33:18.774476123Z","resource":{"labels":{"configuration_name":"netra-backend-staging","location":"us-central1","project_id":"netra-staging","revision_name":"netra-backend-staging-00606-c86","service_name":"netra-backend-staging"},"type":"cloud_run_revision"},"severity":"ERROR","timestamp":"2025-09-13T13:33:18.640476Z"}');
INSERT INTO "clusters" VALUES(3,'e57d13749b13',1,1,'Failed to stop agent for user <*>: object _UnifiedWebSocketManagerImplementation can''t be used in ''<*>'' expression','Failed to stop agent for user <*>: object _UnifiedWebSocketManagerImplementation can''t be used in ''<*>'' expression',NULL,0,0,6,1757797536806304,1757816137133581,'68c66a99d9ab6df9f2795a44',1757797536806304,'Failed to stop agent for user demo@example.com: object _UnifiedWebSocketManagerImplementation can''t be used in ''await'' expression','{"insertId":"68c66a99d9ab6df9f2795a44","jsonPayload":{"context":{"name":"netra_backend.app.services.agent_service_core","service":"netra-service"},"labels":{"function":"stop_agent","line":"206","module":"netra_backend.app.services.agent_service_core"},"message":"Failed to stop agent for user demo@example.com: object _UnifiedWebSocketManagerImplementation can''t be used in ''await'' expression","timestamp":"2025-09-13T21:05:36.806304+00:00"},"labels":{"instanceId":"0069c7a98815ed1357c510e522c3fda96c78f34f0cdef5fff7d5663ad092dab9cd10eb3f1693c647026629cf0e862067c9da8462b66835eb861e2c00d623b1f3fd31054e972de8309fc17dbbe44929e4d16b4","migration-run":"1757350810","vpc-connectivity":"enabled"},"logName":"projects/netra-staging/logs/run.googleapis.com%2Fstderr","receiveTimestamp":"2025-09-13T21:05:36.940304123Z","resource":{"labels":{"configuration_name":"netra-backend-staging","location":"us-central1","project_id":"netra-staging","revision_name":"netra-backend-staging-00606-c86","service_name":"netra-backend-staging"},"type":"cloud_run_revision"},"severity":"ERROR","timestamp":"2025-09-13T21:05:36.806304Z"}');
INSERT INTO "clusters" VALUES(4,'21119dd82ff0',1,1,'Thread ID mismatch: run_id ''<*>'' extracted to ''<*>'' but thread_id is ''<*>''. This may indicate inconsistent ID generation.','Thread ID mismatch: run_id ''<*>'' extracted to ''<*>'' but thread_id is ''<*>''. This may indicate inconsistent ID generation.',NULL,0,0,5,1757747877004180,1757810191611933,'68c6eb1c1d8f295d0f43d206',1757747877004180,'Thread ID mismatch: run_id ''run_chat_1757823961059_1223_9c476301'' extracted to ''chat_1757823961059'' but thread_id is ''thread_test-use_thread_n_chat_1757825535844_2488_b8dbc752''. This may indicate inconsistent ID generation.','{"insertId":"68c6eb1c1d8f295d0f43d206","jsonPayload":{"context":{"name":"netra_backend.app.services.user_execution_context","service":"netra-service"},"labels":{"function":"_validate_id_consistency","line":"302","module":"netra_backend.app.services.user_execution_context"},"message":"Thread ID mismatch: run_id ''run_chat_1757823961059_1223_9c476301'' extracted to ''chat_1757823961059'' but thread_id is ''thread_test-use_thread_n_chat_1757825535844_2488_b8dbc752''. This may indicate inconsistent ID generation.","timestamp":"2025-09-13T07:17:57.004180+00:00"},"labels":{"instanceId":"0069c7a98815ed12248c90da29c2bfa4486a3d6e0ff753eaf0c65ce569965e0954beda3949342067899ed5d0f365744ffd43d452404f7fca487f970906915000d347e3acee408d751c4d2004320a4a988123c","migration-run":"1757350810","vpc-connectivity":"enabled"},"logName":"projects/netra-staging/logs/run.googleapis.com%2Fstderr","receiveTimestamp":"2025-09-13T07:17:57.138180123Z","resource":{"labels":{"configuration_name":"netra-backend-staging","location":"us-central1","project_id":"netra-staging","revision_name":"netra-backend-staging-00606-c86","service_name":"netra-backend-staging"},"type":"cloud_run_revision"},"severity":"WARNING","timestamp":"2025-09-13T07:17:57.004180Z"}');
INSERT INTO "clusters" VALUES(5,'71cd10aeda33',2,1,'HTTP 4xx','HTTP 4xx',NULL,0,0,10,1757747116044655,1757819900367128,'68c6511f3e01e033c8f7accf',1757747116044655,'','{"httpRequest":{"latency":"0.017169s","protocol":"HTTP/1.1","remoteIp":"203.0.113.26","requestMethod":"GET","requestSize":"1557","requestUrl":"https://api.staging.netrasystems.ai/api/chat/stream","responseSize":"217","serverIp":"198.51.100.7","status":405,"userAgent":"Mozilla/5.0 (X11; Linux x86_64)"},"insertId":"68c6511f3e01e033c8f7accf","labels":{"instanceId":"0069c7a98815ed12248c90da29c2bfa4486a3d6e0ff753eaf0c65ce569965e0954beda3949342067899ed5d0f365744ffd43d452404f7fca487f970906915000d347e3acee408d751c4d2004320a4a988123c","migration-run":"1757350810","vpc-connectivity":"enabled"},"logName":"projects/netra-staging/logs/run.googleapis.com%2Frequests","receiveTimestamp":"2025-09-13T07:05:16.178655123Z","resource":{"labels":{"configuration_name":"netra-backend-staging","location":"us-central1","project_id":"netra-staging","revision_name":"netra-backend-staging-00606-c86","service_name":"netra-backend-staging"},"type":"cloud_run_revision"},"severity":"WARNING","spanId":"ab657f67d16d2a62","timestamp":"2025-09-13T07:05:16.044655Z","trace":"projects/netra-staging/traces/2a477b16d604c47a40877303440fd0ad"}');
INSERT INTO "clusters" VALUES(6,'e2cb1b5cfc95',3,1,'Payment of customer anna was declined by the bank','Payment of customer anna was declined by the bank','57cea6cb4b49',0,0,0,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "clusters" VALUES(7,'2a4fb11d7a2a',3,1,'Payment of customer bert was declined by the bank','Payment of customer bert was declined by the bank','57cea6cb4b49',0,0,0,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "clusters" VALUES(8,'91f35bc69bc1',3,1,'Payment of customer carla was declined by the bank','Payment of customer carla was declined by the bank','57cea6cb4b49',0,0,0,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "clusters" VALUES(9,'d44fbc5005c3',3,1,'Payment of customer dora was declined by the bank','Payment of customer dora was declined by the bank','57cea6cb4b49',0,0,0,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "clusters" VALUES(10,'fa2473268052',3,1,'Payment of customer emil was declined by the bank','Payment of customer emil was declined by the bank','57cea6cb4b49',0,0,0,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "clusters" VALUES(11,'a928b29ad1b3',3,1,'Payment of customer frida was declined by the bank','Payment of customer frida was declined by the bank','57cea6cb4b49',0,0,0,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "clusters" VALUES(12,'07fb09da39c5',3,1,'Payment of customer gustav was declined by the bank','Payment of customer gustav was declined by the bank','57cea6cb4b49',0,0,0,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "clusters" VALUES(13,'20caf26b40f5',3,1,'Payment of customer hanna was declined by the bank','Payment of customer hanna was declined by the bank','57cea6cb4b49',0,0,0,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "clusters" VALUES(14,'8201ebf7966b',3,1,'Payment of customer ida was declined by the bank','Payment of customer ida was declined by the bank','57cea6cb4b49',0,0,0,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "clusters" VALUES(15,'b7f98e765eac',3,1,'Payment of customer jonas was declined by the bank','Payment of customer jonas was declined by the bank','57cea6cb4b49',0,0,0,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "clusters" VALUES(16,'e14f35ffdc9e',3,1,'Payment of customer karla was declined by the bank','Payment of customer karla was declined by the bank','57cea6cb4b49',0,0,0,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "clusters" VALUES(17,'602a07bc447a',3,1,'Payment of customer ludwig was declined by the bank','Payment of customer ludwig was declined by the bank','57cea6cb4b49',0,0,0,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "clusters" VALUES(18,'57cea6cb4b49',3,1,'Payment of customer <any> was declined by the bank','Payment of customer <any> was declined by the bank',NULL,0,0,18,1768035600000000,1768035940000000,'u0001',1768035600000000,'Payment of customer anna was declined by the bank','{"insertId":"u0001","logName":"projects/shop-prod/logs/run.googleapis.com%2Fstderr","timestamp":"2026-01-10T09:00:00Z","severity":"ERROR","resource":{"type":"cloud_run_revision","labels":{"project_id":"shop-prod","service_name":"checkout","revision_name":"checkout-00007-abc","location":"europe-west1"}},"labels":{"instanceId":"00aa11"},"textPayload":"Payment of customer anna was declined by the bank"}');
INSERT INTO "clusters" VALUES(19,'325e63ee8672',4,1,'Failed to connect to <*> after <*>','Failed to connect to <*> after <*>',NULL,0,0,40,1768035600000000,1768036029000000,'u0019',1768035600000000,'Failed to connect to 10.0.3.0:5432 after 0 ms','{"insertId":"u0019","logName":"projects/shop-prod/logs/run.googleapis.com%2Fstderr","timestamp":"2026-01-10T09:00:00Z","severity":"ERROR","resource":{"type":"cloud_run_revision","labels":{"project_id":"shop-prod","service_name":"orders","revision_name":"orders-00007-abc","location":"europe-west1"}},"labels":{"instanceId":"00aa11"},"textPayload":"Failed to connect to 10.0.3.0:5432 after 0 ms"}');
INSERT INTO "clusters" VALUES(20,'3e2a8e59ac69',5,1,'Disk quota exceeded while writing the report','Disk quota exceeded while writing the report',NULL,0,0,12,1768035600000000,1768035930000000,'u0059',1768035600000000,'Disk quota exceeded while writing the report','{"insertId":"u0059","logName":"projects/shop-prod/logs/run.googleapis.com%2Fstderr","timestamp":"2026-01-10T09:00:00Z","severity":"ERROR","resource":{"type":"cloud_run_revision","labels":{"project_id":"shop-prod","service_name":"reports","revision_name":"reports-00007-abc","location":"europe-west1"}},"labels":{"instanceId":"00aa11"},"textPayload":"Disk quota exceeded while writing the report"}');
INSERT INTO "clusters" VALUES(21,'2fb7fe4abbac',5,2,'Disk quota exceeded while writing the invoice','Disk quota exceeded while writing the invoice','3e2a8e59ac69',0,0,12,1768035600000000,1768035941000000,'u0071',1768035600000000,'Disk quota exceeded while writing the invoice','{"insertId":"u0071","logName":"projects/shop-prod/logs/run.googleapis.com%2Fstderr","timestamp":"2026-01-10T09:00:00Z","severity":"ERROR","resource":{"type":"cloud_run_revision","labels":{"project_id":"shop-prod","service_name":"reports","revision_name":"reports-00007-abc","location":"europe-west1"}},"labels":{"instanceId":"00aa11"},"textPayload":"Disk quota exceeded while writing the invoice"}');
INSERT INTO "clusters" VALUES(22,'1691ffa3bc25',6,3,'Cache miss storm for key cart','Cache miss storm for key cart',NULL,0,1,9,1768035600000000,1768035920000000,'u0083',1768035600000000,'Cache miss storm for key cart','{"insertId":"u0083","logName":"projects/shop-prod/logs/run.googleapis.com%2Fstderr","timestamp":"2026-01-10T09:00:00Z","severity":"WARNING","resource":{"type":"cloud_run_revision","labels":{"project_id":"shop-prod","service_name":"cart","revision_name":"cart-00007-abc","location":"europe-west1"}},"labels":{"instanceId":"00aa11"},"textPayload":"Cache miss storm for key cart"}');
INSERT INTO "clusters" VALUES(23,'eb7012cca548',6,1,'Cache miss storm for key user','Cache miss storm for key user',NULL,0,0,9,1768035600000000,1768035928000000,'u0092',1768035600000000,'Cache miss storm for key user','{"insertId":"u0092","logName":"projects/shop-prod/logs/run.googleapis.com%2Fstderr","timestamp":"2026-01-10T09:00:00Z","severity":"WARNING","resource":{"type":"cloud_run_revision","labels":{"project_id":"shop-prod","service_name":"cart","revision_name":"cart-00007-abc","location":"europe-west1"}},"labels":{"instanceId":"00aa11"},"textPayload":"Cache miss storm for key user"}');
INSERT INTO "clusters" VALUES(24,'70706797dcd1',7,1,'TimeoutError: gateway did not answer at send (orders/gateway.py) < charge (orders/pay.py)','TimeoutError: gateway did not answer at send (orders/gateway.py) < charge (orders/pay.py)',NULL,0,0,6,1768035600000000,1768035900000000,'u0101',1768035600000000,'Traceback (most recent call last):
  File "/app/orders/pay.py", line 10, in charge
    gateway.send(card)
  File "/app/orders/gateway.py", line 7, in send
    raise TimeoutError("gateway did not answer")
TimeoutError: gateway did not answer','{"insertId":"u0101","logName":"projects/shop-prod/logs/run.googleapis.com%2Fstderr","timestamp":"2026-01-10T09:00:00Z","severity":"ERROR","resource":{"type":"cloud_run_revision","labels":{"project_id":"shop-prod","service_name":"orders","revision_name":"orders-00007-abc","location":"europe-west1"}},"labels":{"instanceId":"00aa11"},"textPayload":"Traceback (most recent call last):\n  File \"/app/orders/pay.py\", line 10, in charge\n    gateway.send(card)\n  File \"/app/orders/gateway.py\", line 7, in send\n    raise TimeoutError(\"gateway did not answer\")\nTimeoutError: gateway did not answer"}');
INSERT INTO "clusters" VALUES(25,'8c2add89ed4c',8,1,'HTTP 5xx POST /api/orders/<*>/pay','HTTP 5xx POST /api/orders/<*>/pay',NULL,0,0,15,1768035600000000,1768035950000000,'u0107',1768035600000000,'','{"insertId":"u0107","logName":"projects/shop-prod/logs/run.googleapis.com%2Fstderr","timestamp":"2026-01-10T09:00:00Z","severity":"ERROR","resource":{"type":"cloud_run_revision","labels":{"project_id":"shop-prod","service_name":"checkout","revision_name":"checkout-00007-abc","location":"europe-west1"}},"labels":{"instanceId":"00aa11"},"httpRequest":{"requestMethod":"POST","requestUrl":"https://shop.example/api/orders/1000/pay","status":503}}');
INSERT INTO "clusters" VALUES(26,'247c31f86893',8,1,'HTTP 4xx','HTTP 4xx',NULL,0,0,20,1768035600000000,1768036075000000,'u0122',1768035600000000,'','{"insertId":"u0122","logName":"projects/shop-prod/logs/run.googleapis.com%2Fstderr","timestamp":"2026-01-10T09:00:00Z","severity":"WARNING","resource":{"type":"cloud_run_revision","labels":{"project_id":"shop-prod","service_name":"checkout","revision_name":"checkout-00007-abc","location":"europe-west1"}},"labels":{"instanceId":"00aa11"},"httpRequest":{"requestMethod":"GET","requestUrl":"/wp-admin/0.php","status":404}}');
INSERT INTO "clusters" VALUES(27,'5a433eaaaa21',9,1,'could not send mail to <*>: quota','could not send mail to <*>: quota',NULL,0,0,5,1768035600000000,1768035800000000,'u0142',1768035600000000,'could not send mail to user0@example.com: quota','{"insertId":"u0142","logName":"projects/shop-prod/logs/run.googleapis.com%2Fstderr","timestamp":"2026-01-10T09:00:00Z","severity":"ERROR","resource":{"type":"cloud_run_revision","labels":{"project_id":"shop-prod","service_name":"mail","revision_name":"mail-00007-abc","location":"europe-west1"}},"labels":{"instanceId":"00aa11"},"jsonPayload":{"message":"could not send mail to user0@example.com: quota","code":452,"logger":"mailer"}}');
INSERT INTO "clusters" VALUES(28,'03e0f3966f43',10,1,'panic: runtime error: index out of range [<*>] with length <*>','panic: runtime error: index out of range [<*>] with length <*>',NULL,0,0,1,1768035900000000,1768035900000000,'u0147',1768035900000000,'panic: runtime error: index out of range [3] with length 3','{"insertId":"u0147","logName":"projects/shop-prod/logs/run.googleapis.com%2Fstderr","timestamp":"2026-01-10T09:05:00Z","severity":"ERROR","resource":{"type":"cloud_run_revision","labels":{"project_id":"shop-prod","service_name":"edge","revision_name":"edge-00007-abc","location":"europe-west1"}},"labels":{"instanceId":"00aa11"},"textPayload":"panic: runtime error: index out of range [3] with length 3"}');
INSERT INTO "clusters" VALUES(29,'aded52150dfe',11,1,'error at main (main)','error at main (main)',NULL,0,0,3,1768035900000000,1768035900000000,'u0148',1768035900000000,'goroutine 1 [running]:
main.main()
	/app/main.go:12 +0x1d','{"insertId":"u0148","logName":"projects/shop-prod/logs/run.googleapis.com%2Fstderr","timestamp":"2026-01-10T09:05:00Z","severity":"ERROR","resource":{"type":"cloud_run_revision","labels":{"project_id":"shop-prod","service_name":"edge","revision_name":"edge-00007-abc","location":"europe-west1"}},"labels":{"instanceId":"00aa11"},"textPayload":"goroutine 1 [running]:"}');
CREATE TABLE days (
    cluster_id TEXT NOT NULL, day INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, day)
) WITHOUT ROWID;
INSERT INTO "days" VALUES('03e0f3966f43',20463,1);
INSERT INTO "days" VALUES('1691ffa3bc25',20463,9);
INSERT INTO "days" VALUES('21119dd82ff0',20344,4);
INSERT INTO "days" VALUES('21119dd82ff0',20345,1);
INSERT INTO "days" VALUES('247c31f86893',20463,20);
INSERT INTO "days" VALUES('2fb7fe4abbac',20463,12);
INSERT INTO "days" VALUES('325e63ee8672',20463,40);
INSERT INTO "days" VALUES('3e2a8e59ac69',20463,12);
INSERT INTO "days" VALUES('57cea6cb4b49',20463,18);
INSERT INTO "days" VALUES('5a433eaaaa21',20463,5);
INSERT INTO "days" VALUES('70706797dcd1',20463,6);
INSERT INTO "days" VALUES('71cd10aeda33',20344,9);
INSERT INTO "days" VALUES('71cd10aeda33',20345,1);
INSERT INTO "days" VALUES('8c2add89ed4c',20463,15);
INSERT INTO "days" VALUES('9a17ef9899fa',20344,5);
INSERT INTO "days" VALUES('9a17ef9899fa',20345,2);
INSERT INTO "days" VALUES('aca9c14948ea',20344,14);
INSERT INTO "days" VALUES('aca9c14948ea',20345,8);
INSERT INTO "days" VALUES('aded52150dfe',20463,3);
INSERT INTO "days" VALUES('e57d13749b13',20344,4);
INSERT INTO "days" VALUES('e57d13749b13',20345,2);
INSERT INTO "days" VALUES('eb7012cca548',20463,9);
CREATE TABLE facets (
    cluster_id TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, name, value)
) WITHOUT ROWID;
INSERT INTO "facets" VALUES('03e0f3966f43','instance','00aa11',1);
INSERT INTO "facets" VALUES('03e0f3966f43','location','europe-west1',1);
INSERT INTO "facets" VALUES('1691ffa3bc25','instance','00aa11',9);
INSERT INTO "facets" VALUES('1691ffa3bc25','location','europe-west1',9);
INSERT INTO "facets" VALUES('21119dd82ff0','function','_validate_id_consistency',5);
INSERT INTO "facets" VALUES('21119dd82ff0','instance','0069c7a98815ed12248c90da29c2bfa4486a3d6e0ff753eaf0c65ce569965e0954beda3949342067899ed5d0f365744ffd43d452404f7fca487f970…',1);
INSERT INTO "facets" VALUES('21119dd82ff0','instance','0069c7a98815ed1357c510e522c3fda96c78f34f0cdef5fff7d5663ad092dab9cd10eb3f1693c647026629cf0e862067c9da8462b66835eb861e2c0…',4);
INSERT INTO "facets" VALUES('21119dd82ff0','label migration-run','1757350810',5);
INSERT INTO "facets" VALUES('21119dd82ff0','label vpc-connectivity','enabled',5);
INSERT INTO "facets" VALUES('21119dd82ff0','location','us-central1',5);
INSERT INTO "facets" VALUES('21119dd82ff0','module','netra_backend.app.services.user_execution_context',5);
INSERT INTO "facets" VALUES('21119dd82ff0','name','netra_backend.app.services.user_execution_context',5);
INSERT INTO "facets" VALUES('247c31f86893','instance','00aa11',20);
INSERT INTO "facets" VALUES('247c31f86893','location','europe-west1',20);
INSERT INTO "facets" VALUES('247c31f86893','route','GET /wp-admin/<*>.php 404',20);
INSERT INTO "facets" VALUES('247c31f86893','status','404',20);
INSERT INTO "facets" VALUES('2fb7fe4abbac','instance','00aa11',12);
INSERT INTO "facets" VALUES('2fb7fe4abbac','location','europe-west1',12);
INSERT INTO "facets" VALUES('325e63ee8672','instance','00aa11',40);
INSERT INTO "facets" VALUES('325e63ee8672','location','europe-west1',40);
INSERT INTO "facets" VALUES('3e2a8e59ac69','instance','00aa11',12);
INSERT INTO "facets" VALUES('3e2a8e59ac69','location','europe-west1',12);
INSERT INTO "facets" VALUES('57cea6cb4b49','instance','00aa11',18);
INSERT INTO "facets" VALUES('57cea6cb4b49','location','europe-west1',18);
INSERT INTO "facets" VALUES('57cea6cb4b49','word 1','anna',1);
INSERT INTO "facets" VALUES('57cea6cb4b49','word 1','bert',1);
INSERT INTO "facets" VALUES('57cea6cb4b49','word 1','carla',1);
INSERT INTO "facets" VALUES('57cea6cb4b49','word 1','dora',1);
INSERT INTO "facets" VALUES('57cea6cb4b49','word 1','emil',1);
INSERT INTO "facets" VALUES('57cea6cb4b49','word 1','frida',1);
INSERT INTO "facets" VALUES('57cea6cb4b49','word 1','gustav',1);
INSERT INTO "facets" VALUES('57cea6cb4b49','word 1','hanna',1);
INSERT INTO "facets" VALUES('57cea6cb4b49','word 1','ida',1);
INSERT INTO "facets" VALUES('57cea6cb4b49','word 1','jonas',1);
INSERT INTO "facets" VALUES('57cea6cb4b49','word 1','karla',1);
INSERT INTO "facets" VALUES('57cea6cb4b49','word 1','ludwig',1);
INSERT INTO "facets" VALUES('57cea6cb4b49','word 1','mina',1);
INSERT INTO "facets" VALUES('57cea6cb4b49','word 1','nora',1);
INSERT INTO "facets" VALUES('57cea6cb4b49','word 1','otto',1);
INSERT INTO "facets" VALUES('57cea6cb4b49','word 1','paula',1);
INSERT INTO "facets" VALUES('57cea6cb4b49','word 1','quirin',1);
INSERT INTO "facets" VALUES('57cea6cb4b49','word 1','rosa',1);
INSERT INTO "facets" VALUES('5a433eaaaa21','instance','00aa11',5);
INSERT INTO "facets" VALUES('5a433eaaaa21','location','europe-west1',5);
INSERT INTO "facets" VALUES('5a433eaaaa21','logger','mailer',5);
INSERT INTO "facets" VALUES('70706797dcd1','instance','00aa11',6);
INSERT INTO "facets" VALUES('70706797dcd1','location','europe-west1',6);
INSERT INTO "facets" VALUES('71cd10aeda33','instance','0069c7a98815ed12248c90da29c2bfa4486a3d6e0ff753eaf0c65ce569965e0954beda3949342067899ed5d0f365744ffd43d452404f7fca487f970…',5);
INSERT INTO "facets" VALUES('71cd10aeda33','instance','0069c7a98815ed1357c510e522c3fda96c78f34f0cdef5fff7d5663ad092dab9cd10eb3f1693c647026629cf0e862067c9da8462b66835eb861e2c0…',5);
INSERT INTO "facets" VALUES('71cd10aeda33','label migration-run','1757350810',10);
INSERT INTO "facets" VALUES('71cd10aeda33','label vpc-connectivity','enabled',10);
INSERT INTO "facets" VALUES('71cd10aeda33','location','us-central1',10);
INSERT INTO "facets" VALUES('71cd10aeda33','route','GET /.env 404',1);
INSERT INTO "facets" VALUES('71cd10aeda33','route','GET /api/agents/status/<*> 404',1);
INSERT INTO "facets" VALUES('71cd10aeda33','route','GET /api/chat/stream 405',2);
INSERT INTO "facets" VALUES('71cd10aeda33','route','GET /api/results/partial 404',2);
INSERT INTO "facets" VALUES('71cd10aeda33','route','GET /wp-login.php 404',1);
INSERT INTO "facets" VALUES('71cd10aeda33','route','POST /api/chat/stream 403',2);
INSERT INTO "facets" VALUES('71cd10aeda33','route','PUT /api/threads/<*>/messages 405',1);
INSERT INTO "facets" VALUES('71cd10aeda33','status','403',2);
INSERT INTO "facets" VALUES('71cd10aeda33','status','404',5);
INSERT INTO "facets" VALUES('71cd10aeda33','status','405',3);
INSERT INTO "facets" VALUES('8c2add89ed4c','instance','00aa11',15);
INSERT INTO "facets" VALUES('8c2add89ed4c','location','europe-west1',15);
INSERT INTO "facets" VALUES('8c2add89ed4c','route','POST /api/orders/<*>/pay 503',15);
INSERT INTO "facets" VALUES('8c2add89ed4c','status','503',15);
INSERT INTO "facets" VALUES('9a17ef9899fa','function','_execute_stream',7);
INSERT INTO "facets" VALUES('9a17ef9899fa','instance','0069c7a98815ed12248c90da29c2bfa4486a3d6e0ff753eaf0c65ce569965e0954beda3949342067899ed5d0f365744ffd43d452404f7fca487f970…',4);
INSERT INTO "facets" VALUES('9a17ef9899fa','instance','0069c7a98815ed1357c510e522c3fda96c78f34f0cdef5fff7d5663ad092dab9cd10eb3f1693c647026629cf0e862067c9da8462b66835eb861e2c0…',3);
INSERT INTO "facets" VALUES('9a17ef9899fa','label migration-run','1757350810',7);
INSERT INTO "facets" VALUES('9a17ef9899fa','label vpc-connectivity','enabled',7);
INSERT INTO "facets" VALUES('9a17ef9899fa','location','us-central1',7);
INSERT INTO "facets" VALUES('9a17ef9899fa','module','netra_backend.app.services.streaming_service',7);
INSERT INTO "facets" VALUES('9a17ef9899fa','name','netra_backend.app.services.streaming_service',7);
INSERT INTO "facets" VALUES('aca9c14948ea','function','callHandlers',22);
INSERT INTO "facets" VALUES('aca9c14948ea','instance','0069c7a98815ed12248c90da29c2bfa4486a3d6e0ff753eaf0c65ce569965e0954beda3949342067899ed5d0f365744ffd43d452404f7fca487f970…',9);
INSERT INTO "facets" VALUES('aca9c14948ea','instance','0069c7a98815ed1357c510e522c3fda96c78f34f0cdef5fff7d5663ad092dab9cd10eb3f1693c647026629cf0e862067c9da8462b66835eb861e2c0…',13);
INSERT INTO "facets" VALUES('aca9c14948ea','label migration-run','1757350810',22);
INSERT INTO "facets" VALUES('aca9c14948ea','label vpc-connectivity','enabled',22);
INSERT INTO "facets" VALUES('aca9c14948ea','location','us-central1',22);
INSERT INTO "facets" VALUES('aca9c14948ea','module','logging',22);
INSERT INTO "facets" VALUES('aded52150dfe','instance','00aa11',3);
INSERT INTO "facets" VALUES('aded52150dfe','location','europe-west1',3);
INSERT INTO "facets" VALUES('e57d13749b13','function','stop_agent',6);
INSERT INTO "facets" VALUES('e57d13749b13','instance','0069c7a98815ed12248c90da29c2bfa4486a3d6e0ff753eaf0c65ce569965e0954beda3949342067899ed5d0f365744ffd43d452404f7fca487f970…',4);
INSERT INTO "facets" VALUES('e57d13749b13','instance','0069c7a98815ed1357c510e522c3fda96c78f34f0cdef5fff7d5663ad092dab9cd10eb3f1693c647026629cf0e862067c9da8462b66835eb861e2c0…',2);
INSERT INTO "facets" VALUES('e57d13749b13','label migration-run','1757350810',6);
INSERT INTO "facets" VALUES('e57d13749b13','label vpc-connectivity','enabled',6);
INSERT INTO "facets" VALUES('e57d13749b13','location','us-central1',6);
INSERT INTO "facets" VALUES('e57d13749b13','module','netra_backend.app.services.agent_service_core',6);
INSERT INTO "facets" VALUES('e57d13749b13','name','netra_backend.app.services.agent_service_core',6);
INSERT INTO "facets" VALUES('eb7012cca548','instance','00aa11',9);
INSERT INTO "facets" VALUES('eb7012cca548','location','europe-west1',9);
CREATE TABLE handling (cluster_id TEXT PRIMARY KEY, rev INTEGER NOT NULL, decision TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "handling" VALUES('03e0f3966f43',1,'{"announced": 0, "by": "", "changed_at": null, "issue": null, "memory": {}, "mute_until": null, "mute_until_count": null, "note": "", "priority": "P1", "priority_by": "policy", "quiet": false, "regressions": 0, "resolved_at": null, "resolved_revision": "", "status": "open"}');
INSERT INTO "handling" VALUES('1691ffa3bc25',2,'{"announced": 0, "by": "", "changed_at": null, "issue": null, "memory": {"incident": "70706797dcd1"}, "mute_until": null, "mute_until_count": null, "note": "", "priority": "P3", "priority_by": "policy", "quiet": false, "regressions": 0, "resolved_at": null, "resolved_revision": "", "status": "open"}');
INSERT INTO "handling" VALUES('21119dd82ff0',5,'{"announced": 5, "by": "", "changed_at": null, "issue": {"number": 3, "repository": "issues", "url": "issues/0003-netra-backend-staging-thread-id-mismatch-run-id.md"}, "memory": {"asked_at": "2026-11-25T16:17:47.920500Z", "written": {"at": "2026-11-25T16:17:50.235939Z", "figures": "bce36e3bf5e330e8b927ccb3", "labels": ["log-gardener", "priority: P2", "quiet", "service: netra-backend-staging"], "open": true, "title": "netra-backend-staging: Thread ID mismatch: run_id \u2026 extracted to \u2026 but thread_id is \u2026. This may indicate inconsistent ID generation.", "updated_at": "2026-11-25T16:17:50.235462Z"}}, "mute_until": null, "mute_until_count": null, "note": "", "priority": "P2", "priority_by": "policy", "quiet": true, "regressions": 0, "resolved_at": null, "resolved_revision": "", "status": "open"}');
INSERT INTO "handling" VALUES('247c31f86893',3,'{"announced": 20, "by": "root", "changed_at": "2026-11-25T16:17:55.790494+00:00", "issue": null, "memory": {"incident": "70706797dcd1"}, "mute_until": null, "mute_until_count": null, "note": "", "priority": "P3", "priority_by": "policy", "quiet": false, "regressions": 0, "resolved_at": "2026-11-25T16:17:55.790494+00:00", "resolved_revision": "", "status": "resolved"}');
INSERT INTO "handling" VALUES('2fb7fe4abbac',2,'{"announced": 12, "by": "", "changed_at": null, "issue": null, "memory": {"incident": "70706797dcd1"}, "mute_until": null, "mute_until_count": null, "note": "", "priority": "P1", "priority_by": "policy", "quiet": false, "regressions": 0, "resolved_at": null, "resolved_revision": "", "status": "open"}');
INSERT INTO "handling" VALUES('325e63ee8672',3,'{"announced": 40, "by": "root", "changed_at": "2026-11-25T16:17:56.823353+00:00", "issue": null, "memory": {"incident": "70706797dcd1"}, "mute_until": null, "mute_until_count": null, "note": "", "priority": "P1", "priority_by": "policy", "quiet": false, "regressions": 0, "resolved_at": null, "resolved_revision": "", "status": "acknowledged"}');
INSERT INTO "handling" VALUES('3e2a8e59ac69',2,'{"announced": 12, "by": "", "changed_at": null, "issue": null, "memory": {"incident": "70706797dcd1"}, "mute_until": null, "mute_until_count": null, "note": "", "priority": "P1", "priority_by": "policy", "quiet": false, "regressions": 0, "resolved_at": null, "resolved_revision": "", "status": "open"}');
INSERT INTO "handling" VALUES('57cea6cb4b49',3,'{"announced": 18, "by": "root", "changed_at": "2026-11-25T16:17:57.976096+00:00", "issue": null, "memory": {"incident": "70706797dcd1"}, "mute_until": null, "mute_until_count": null, "note": "", "priority": "P0", "priority_by": "root", "quiet": false, "regressions": 0, "resolved_at": null, "resolved_revision": "", "status": "open"}');
INSERT INTO "handling" VALUES('5a433eaaaa21',5,'{"announced": 5, "by": "root", "changed_at": "2026-11-25T16:17:54.820048+00:00", "issue": null, "memory": {"links": [{"cluster": "70706797dcd1", "number": 6, "url": "issues/0006-cart-checkout-mail-timeouterror-gateway-did-not-answer.md", "why": "rise together"}]}, "mute_until": "2026-12-02T16:17:54.820048+00:00", "mute_until_count": null, "note": "quota is raised", "priority": "P1", "priority_by": "policy", "quiet": false, "regressions": 0, "resolved_at": null, "resolved_revision": "", "status": "muted"}');
INSERT INTO "handling" VALUES('70706797dcd1',4,'{"announced": 6, "by": "", "changed_at": null, "issue": {"number": 6, "repository": "issues", "url": "issues/0006-cart-checkout-mail-timeouterror-gateway-did-not-answer.md"}, "memory": {"asked_at": "2026-11-25T16:17:50.200077Z", "written": {"at": "2026-11-25T16:18:01.422690Z", "figures": "17184826f9e15f522f080260", "labels": ["log-gardener", "priority: P0", "service: orders"], "open": true, "title": "cart, checkout, orders: TimeoutError: gateway did not answer", "updated_at": "2026-11-25T16:18:01.422035Z"}}, "mute_until": null, "mute_until_count": null, "note": "", "priority": "P1", "priority_by": "policy", "quiet": false, "regressions": 0, "resolved_at": null, "resolved_revision": "", "status": "open"}');
INSERT INTO "handling" VALUES('71cd10aeda33',5,'{"announced": 10, "by": "", "changed_at": null, "issue": {"number": 4, "repository": "issues", "url": "issues/0004-netra-backend-staging-http-4xx.md"}, "memory": {"asked_at": "2026-11-25T16:17:47.943449Z", "written": {"at": "2026-11-25T16:17:50.252382Z", "figures": "de9aefc52506e400cc2507b9", "labels": ["log-gardener", "priority: P3", "quiet", "service: netra-backend-staging"], "open": true, "title": "netra-backend-staging: HTTP 4xx", "updated_at": "2026-11-25T16:17:50.251904Z"}}, "mute_until": null, "mute_until_count": null, "note": "", "priority": "P3", "priority_by": "policy", "quiet": true, "regressions": 0, "resolved_at": null, "resolved_revision": "", "status": "open"}');
INSERT INTO "handling" VALUES('8c2add89ed4c',2,'{"announced": 15, "by": "", "changed_at": null, "issue": null, "memory": {"incident": "70706797dcd1"}, "mute_until": null, "mute_until_count": null, "note": "", "priority": "P1", "priority_by": "policy", "quiet": false, "regressions": 0, "resolved_at": null, "resolved_revision": "", "status": "open"}');
INSERT INTO "handling" VALUES('9a17ef9899fa',5,'{"announced": 7, "by": "", "changed_at": null, "issue": {"number": 1, "repository": "issues", "url": "issues/0001-netra-backend-staging-stream-error-userexecutioncontext-init.md"}, "memory": {"asked_at": "2026-11-25T16:17:47.871522Z", "written": {"at": "2026-11-25T16:17:50.170624Z", "figures": "91aa4a42dc1704375fb2455e", "labels": ["log-gardener", "priority: P1", "quiet", "service: netra-backend-staging"], "open": true, "title": "netra-backend-staging: Stream \u2026 error: UserExecutionContext.__init__() got an unexpected keyword argument \u2026", "updated_at": "2026-11-25T16:17:50.170059Z"}}, "mute_until": null, "mute_until_count": null, "note": "", "priority": "P1", "priority_by": "policy", "quiet": true, "regressions": 0, "resolved_at": null, "resolved_revision": "", "status": "open"}');
INSERT INTO "handling" VALUES('aca9c14948ea',7,'{"announced": 22, "by": "root", "changed_at": "2026-11-25T16:17:59.283318+00:00", "issue": {"number": 5, "repository": "issues", "url": "issues/0005-netra-backend-staging-session-access-failed-middleware-not.md"}, "memory": {"asked_at": "2026-11-25T16:17:47.974251Z", "written": {"at": "2026-11-25T16:18:01.477246Z", "figures": "d41e76eae33939d7a1301093", "labels": ["log-gardener", "priority: P3", "quiet", "service: netra-backend-staging"], "open": true, "title": "netra-backend-staging: Session access failed (middleware not installed?): SessionMiddleware must be installed to access request.session", "updated_at": "2026-11-25T16:17:50.266970Z"}}, "mute_until": null, "mute_until_count": 220, "note": "", "priority": "P3", "priority_by": "policy", "quiet": true, "regressions": 0, "resolved_at": null, "resolved_revision": "", "status": "muted"}');
INSERT INTO "handling" VALUES('aded52150dfe',3,'{"announced": 3, "by": "", "changed_at": null, "issue": {"number": 7, "repository": "issues", "url": "issues/0007-edge-error.md"}, "memory": {"asked_at": "2026-11-25T16:18:01.442168Z", "written": {"at": "2026-11-25T16:18:01.455025Z", "figures": "000cab0bd8ad0ff5d39c8b21", "labels": ["log-gardener", "priority: P1", "service: edge"], "open": true, "title": "edge: error", "updated_at": "2026-11-25T16:18:01.454419Z"}}, "mute_until": null, "mute_until_count": null, "note": "", "priority": "P1", "priority_by": "policy", "quiet": false, "regressions": 0, "resolved_at": null, "resolved_revision": "", "status": "open"}');
INSERT INTO "handling" VALUES('e57d13749b13',5,'{"announced": 6, "by": "", "changed_at": null, "issue": {"number": 2, "repository": "issues", "url": "issues/0002-netra-backend-staging-failed-to-stop-agent-for.md"}, "memory": {"asked_at": "2026-11-25T16:17:47.893660Z", "written": {"at": "2026-11-25T16:17:50.193409Z", "figures": "b55dba0692960c6f7ef32a48", "labels": ["log-gardener", "priority: P1", "quiet", "service: netra-backend-staging"], "open": true, "title": "netra-backend-staging: Failed to stop agent for user \u2026: object _UnifiedWebSocketManagerImplementation can''t be used in \u2026 expression", "updated_at": "2026-11-25T16:17:50.192879Z"}}, "mute_until": null, "mute_until_count": null, "note": "", "priority": "P1", "priority_by": "policy", "quiet": true, "regressions": 0, "resolved_at": null, "resolved_revision": "", "status": "open"}');
INSERT INTO "handling" VALUES('eb7012cca548',2,'{"announced": 0, "by": "", "changed_at": null, "issue": null, "memory": {"incident": "70706797dcd1"}, "mute_until": null, "mute_until_count": null, "note": "", "priority": "P3", "priority_by": "policy", "quiet": false, "regressions": 0, "resolved_at": null, "resolved_revision": "", "status": "open"}');
CREATE TABLE ledger (digest BLOB PRIMARY KEY, day INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "ledger" VALUES(X'00569D231D31B94EEBA5697E4F681586',20782);
INSERT INTO "ledger" VALUES(X'014749AA798F48F5728C15F1C4DC63A1',20782);
INSERT INTO "ledger" VALUES(X'017E887353A9E35DD95AE06B7421FB40',20782);
INSERT INTO "ledger" VALUES(X'020E24D740A751CB329B75A499E81F8A',20782);
INSERT INTO "ledger" VALUES(X'05807A57BC31E7032DA8CEACEB3EFE02',20782);
INSERT INTO "ledger" VALUES(X'05B8239F771DDE84F04AFE5E0C92DF63',20782);
INSERT INTO "ledger" VALUES(X'070F6A040AB38F79A18B28E350F0C77F',20782);
INSERT INTO "ledger" VALUES(X'09D9F8D0FEB66B92CE9BFF122C3346BF',20782);
INSERT INTO "ledger" VALUES(X'0B130C45018CB63B89C1E4E1F9D61E0E',20782);
INSERT INTO "ledger" VALUES(X'0C982B97A430AD21B4F1EF108E0D8627',20782);
INSERT INTO "ledger" VALUES(X'0CD30D47E723E3C074AD4738E7379CA6',20782);
INSERT INTO "ledger" VALUES(X'0F50DE37C6AF50396E2D19DC507FAF22',20782);
INSERT INTO "ledger" VALUES(X'0FF6979E7659C3A8891098F08903B42D',20782);
INSERT INTO "ledger" VALUES(X'1183D1E6DCC549969E8F4DE72EE9AA41',20782);
INSERT INTO "ledger" VALUES(X'13DF00E7179620AC176AD251FF1E4566',20782);
INSERT INTO "ledger" VALUES(X'13FA2123407F94460E5F9F5B541DA6EA',20782);
INSERT INTO "ledger" VALUES(X'18DD2B6460019A59D9AF9701094EEF92',20782);
INSERT INTO "ledger" VALUES(X'1BADCE1CCD45A90FF0F71190F71FB48A',20782);
INSERT INTO "ledger" VALUES(X'1C0C9A4FDB24BCB1A848820864645591',20782);
INSERT INTO "ledger" VALUES(X'1D1AC2F12FFE03BDECFD676D3E0928E7',20782);
INSERT INTO "ledger" VALUES(X'20F022384BA44A59F2D5492778079D13',20782);
INSERT INTO "ledger" VALUES(X'21A5028260CFBFE84807E108807BA13F',20782);
INSERT INTO "ledger" VALUES(X'21B4930FF334B9F77647FCFF6CCC643E',20782);
INSERT INTO "ledger" VALUES(X'2223B3A891531713D81C09DD7C97C09D',20782);
INSERT INTO "ledger" VALUES(X'232A5F60CC65DE5FAA101ABAB1A16027',20782);
INSERT INTO "ledger" VALUES(X'26042A9BDB54921BC3DD92FCEB582B3A',20782);
INSERT INTO "ledger" VALUES(X'26A7588EA8687DE2140D284BF5AC01E9',20782);
INSERT INTO "ledger" VALUES(X'27C02CEEB0F0FB6D3CA3FD87415198BD',20782);
INSERT INTO "ledger" VALUES(X'27EA314096F0A908712CA28E17F8F27A',20782);
INSERT INTO "ledger" VALUES(X'28AD070540F02856CCC46E37E836FC74',20782);
INSERT INTO "ledger" VALUES(X'294250D5DB4263269B64777AF6C5481F',20782);
INSERT INTO "ledger" VALUES(X'2C2BA53CD222A656676B90CC1E936D73',20782);
INSERT INTO "ledger" VALUES(X'2C563CFF5834F0D2AEBE2662A4AD1AD8',20782);
INSERT INTO "ledger" VALUES(X'2DDDDFA00F94425880BBD67F8FE8048A',20782);
INSERT INTO "ledger" VALUES(X'3096BE2B1A82C874609FF31FD01CA315',20782);
INSERT INTO "ledger" VALUES(X'30C054AA891416F4A3BC31FEE6711B7B',20782);
INSERT INTO "ledger" VALUES(X'3137D19EB70CB6C613D5839D5E8283D4',20782);
INSERT INTO "ledger" VALUES(X'326CAB930BA2568C17B49FEDA5EAB24D',20782);
INSERT INTO "ledger" VALUES(X'33152935635185B5EECAA409AFEB8104',20782);
INSERT INTO "ledger" VALUES(X'335CE6539BF73762A9AF8002FF2F0488',20782);
INSERT INTO "ledger" VALUES(X'34C065D794B29915D0630EAA5798BD09',20782);
INSERT INTO "ledger" VALUES(X'3542397FFDED8849C2DA58FE1F5F30AA',20782);
INSERT INTO "ledger" VALUES(X'35AE0E9D348356494936125F70D056C3',20782);
INSERT INTO "ledger" VALUES(X'35C9DEB78214BD7F1816A8EBD4E22C70',20782);
INSERT INTO "ledger" VALUES(X'36E80443C6C56DE51B37B192494CBE48',20782);
INSERT INTO "ledger" VALUES(X'383D4C99107B0A6CE2355EFBC001EDEA',20782);
INSERT INTO "ledger" VALUES(X'3AD8650B835E43F2BDB148D3564063CD',20782);
INSERT INTO "ledger" VALUES(X'3B518EB581C92A324085DD96B0941CC6',20782);
INSERT INTO "ledger" VALUES(X'3BDD308F61C9DD1EDAF4217D0F1CCDCB',20782);
INSERT INTO "ledger" VALUES(X'3DA96DF6B08E863FCC8887C255185797',20782);
INSERT INTO "ledger" VALUES(X'3FAA96961DFDD75FD46EFEF932B0DCD7',20782);
INSERT INTO "ledger" VALUES(X'4021245850CA32A902991F379B1CDC7B',20782);
INSERT INTO "ledger" VALUES(X'42BB75C6375895A66210368B90F706F5',20782);
INSERT INTO "ledger" VALUES(X'47C4F1846E18D4B6CDC9749BD96A206D',20782);
INSERT INTO "ledger" VALUES(X'484C6186BB6942794B00F12B547E6966',20782);
INSERT INTO "ledger" VALUES(X'4A1B812D02096575ECAE9B6B91DF0DF2',20782);
INSERT INTO "ledger" VALUES(X'4B03938543E984EC987F1AF9B3B9AE97',20782);
INSERT INTO "ledger" VALUES(X'4D1A57BC3BE1A5597036FCF7342044E2',20782);
INSERT INTO "ledger" VALUES(X'4EE54FC520209E4594AAE5078571B80A',20782);
INSERT INTO "ledger" VALUES(X'506EE92AD4BED7D2C11095B47C6374A4',20782);
INSERT INTO "ledger" VALUES(X'518EACF942C904C13D5F5339CD5B94FF',20782);
INSERT INTO "ledger" VALUES(X'51B221AAAAFF66332CACFA6F9D781F72',20782);
INSERT INTO "ledger" VALUES(X'52D72C011C39736BD769114EFF29134F',20782);
INSERT INTO "ledger" VALUES(X'532EB9F43C9698B725905A03ACE1B3C4',20782);
INSERT INTO "ledger" VALUES(X'5386838FBB7560FE6100993B04ADDA45',20782);
INSERT INTO "ledger" VALUES(X'548126FF0547A8030477802F68E8737B',20782);
INSERT INTO "ledger" VALUES(X'577B80C4D215F220719B01ACFBD53C74',20782);
INSERT INTO "ledger" VALUES(X'5AF8D204DA7B914572FC9C91BBF09EFA',20782);
INSERT INTO "ledger" VALUES(X'5BCCBC5C550CE0272D3F2CA4D3430928',20782);
INSERT INTO "ledger" VALUES(X'5CBB9B92D3865C148B249AE67F83EFC7',20782);
INSERT INTO "ledger" VALUES(X'5D494869C1AC6B9AC67164DAEAE23A91',20782);
INSERT INTO "ledger" VALUES(X'5FDBABB85B23DD358E248A954A5CD010',20782);
INSERT INTO "ledger" VALUES(X'6097DC10415A320EB603816508862193',20782);
INSERT INTO "ledger" VALUES(X'60B3D38509860005C46A328F429E9C29',20782);
INSERT INTO "ledger" VALUES(X'63BE71950363C50C61FDE134CE3D6B56',20782);
INSERT INTO "ledger" VALUES(X'65CC648A21B1B5C90A70680E523A472A',20782);
INSERT INTO "ledger" VALUES(X'6619ABF9E433DEFC9C6E976A3FE12B46',20782);
INSERT INTO "ledger" VALUES(X'662A41F42D30B7BC9C9708F4B520164A',20782);
INSERT INTO "ledger" VALUES(X'682421B95AC14B53D12130B320828D4E',20782);
INSERT INTO "ledger" VALUES(X'684F8F1C39D58417735713D7E266E008',20782);
INSERT INTO "ledger" VALUES(X'6A4C168B6336A82B712C7335D7BA54A9',20782);
INSERT INTO "ledger" VALUES(X'6A5FA74BA603AC955E13F7F4941BB6C4',20782);
INSERT INTO "ledger" VALUES(X'6AEFD18CA4742058FC36C165C80F12F5',20782);
INSERT INTO "ledger" VALUES(X'6B1D7C549E1B4883B7BCCE3376364D29',20782);
INSERT INTO "ledger" VALUES(X'6C00DF5B31793D7C1A9C6F83F8737E0D',20782);
INSERT INTO "ledger" VALUES(X'6C46BD64916EA20E0DA317354FE40A5C',20782);
INSERT INTO "ledger" VALUES(X'6D787AE1D910DC69D6536599F3B4E531',20782);
INSERT INTO "ledger" VALUES(X'6F3972F2A41994E783EA7B3DA5406BE7',20782);
INSERT INTO "ledger" VALUES(X'6F46DA07AA9D4EC81F12D31A9DCD9A55',20782);
INSERT INTO "ledger" VALUES(X'6FCCC42B8D1B0D7E8EA175B5C4485FEB',20782);
INSERT INTO "ledger" VALUES(X'703CC9BE72A0FBA704267DCEDCBD95FF',20782);
INSERT INTO "ledger" VALUES(X'70A153FA216AD1491DAFA4E4F083D227',20782);
INSERT INTO "ledger" VALUES(X'713F7696CEEBB90870BFE277439E64ED',20782);
INSERT INTO "ledger" VALUES(X'728FE8DC5B2D6F615BE630BC8C15FA12',20782);
INSERT INTO "ledger" VALUES(X'767ED32E11D3C3638C232F6771EC6B51',20782);
INSERT INTO "ledger" VALUES(X'768B2C3C9C0A8DCD7CD42D7A7993F629',20782);
INSERT INTO "ledger" VALUES(X'774F1E0C4814FC669F6378848C09E136',20782);
INSERT INTO "ledger" VALUES(X'78376F2F995544568711707BF0E7C0D2',20782);
INSERT INTO "ledger" VALUES(X'7999CF26E17BE01B7D21304EF4FF0B20',20782);
INSERT INTO "ledger" VALUES(X'7C399938AB1D57C38B959B5A02F40FD8',20782);
INSERT INTO "ledger" VALUES(X'7C555661C6D568D6549E139C65192075',20782);
INSERT INTO "ledger" VALUES(X'7C8E3D36285CA7D7CDAB36EA00231FDD',20782);
INSERT INTO "ledger" VALUES(X'7C9514C8CA80D986251FDB15AF347C62',20782);
INSERT INTO "ledger" VALUES(X'7DBD4B5616E96DA09FDC7B1C7C43C9A3',20782);
INSERT INTO "ledger" VALUES(X'7EEB08F25576954EA6DA438F5BB7B9D2',20782);
INSERT INTO "ledger" VALUES(X'7F7F04440E82FD9D6C5A69853D78CDFD',20782);
INSERT INTO "ledger" VALUES(X'8049D2EC91849C133F00D49437B6B3DD',20782);
INSERT INTO "ledger" VALUES(X'818FBD8416EE8B430DAAD80E61CA25D9',20782);
INSERT INTO "ledger" VALUES(X'845B0D30173ABA8EF951BBCEEAB57633',20782);
INSERT INTO "ledger" VALUES(X'84D8A36F50E8D36A99C57D834962ECBC',20782);
INSERT INTO "ledger" VALUES(X'88F8F7437F354D97685069BF05EB3FD5',20782);
INSERT INTO "ledger" VALUES(X'8A466CA88C57E3E774C43EB4A1E30DB5',20782);
INSERT INTO "ledger" VALUES(X'8BD558621BA0A12D19086177CA1CD8F7',20782);
INSERT INTO "ledger" VALUES(X'8EC92FB1B54285FC1D5BB8F95A26E69C',20782);
INSERT INTO "ledger" VALUES(X'8F4ACDE103150EFD6036FA7246F5EC39',20782);
INSERT INTO "ledger" VALUES(X'90ABA0DDD9728CD3897CD113216041A1',20782);
INSERT INTO "ledger" VALUES(X'93C707583D73B5BED4A75EAA4CAA4546',20782);
INSERT INTO "ledger" VALUES(X'93D07E54A64A21E09E0910E10DD520E6',20782);
INSERT INTO "ledger" VALUES(X'93F2859B8C6F72017837F517E59979AD',20782);
INSERT INTO "ledger" VALUES(X'94B25D7F9023A5606C4369F7A4DA2A2C',20782);
INSERT INTO "ledger" VALUES(X'9C7240A60B1AAAEA285287362D09AA5F',20782);
INSERT INTO "ledger" VALUES(X'9D6A77DD49ED22D89E357CC0A6E65B6C',20782);
INSERT INTO "ledger" VALUES(X'9E577892DF78D58E661885E43D1EDA85',20782);
INSERT INTO "ledger" VALUES(X'A151FF0CE4649F960B69AC0646E406D1',20782);
INSERT INTO "ledger" VALUES(X'A33775420480554B3E1FBEB4023D1E8B',20782);
INSERT INTO "ledger" VALUES(X'A5872D6E2A7FFDD7046C88D631952A5E',20782);
INSERT INTO "ledger" VALUES(X'A67C4E225A78ACFC004A9EE3E6FAC13D',20782);
INSERT INTO "ledger" VALUES(X'A7652C21639BB6C676CC73A2A2A80D7F',20782);
INSERT INTO "ledger" VALUES(X'A8629D36DC31E08D850736868132F173',20782);
INSERT INTO "ledger" VALUES(X'AA4AF816BFDB8B2E2808C95484D92F6A',20782);
INSERT INTO "ledger" VALUES(X'AA75E80661661DF1B0333DE60E0A5023',20782);
INSERT INTO "ledger" VALUES(X'ACBD5806DEE442E3CCA158DE6E683174',20782);
INSERT INTO "ledger" VALUES(X'ACEDFB53F63BF8475F36F484F81686EF',20782);
INSERT INTO "ledger" VALUES(X'AD1EB62536C8A39BD4F845320DD7AD38',20782);
INSERT INTO "ledger" VALUES(X'B19303913F9A1CAC20BED95C53E56F2B',20782);
INSERT INTO "ledger" VALUES(X'B281A200DF458DD06117BE895E60E584',20782);
INSERT INTO "ledger" VALUES(X'B2AD006CAA928E2EE8C55FC0FC85A999',20782);
INSERT INTO "ledger" VALUES(X'B413196E5A5CA39FB235E77873271340',20782);
INSERT INTO "ledger" VALUES(X'B42AD7E479AEE0918D751D3379ED74CA',20782);
INSERT INTO "ledger" VALUES(X'B4D7AAD51B8C22D7214297C147E88724',20782);
INSERT INTO "ledger" VALUES(X'B86C3FFE9B442550757DD479514A99FA',20782);
INSERT INTO "ledger" VALUES(X'B887608C7A82B381ED2746B87C428154',20782);
INSERT INTO "ledger" VALUES(X'B8B13F4324AA07563D4641882CF3404E',20782);
INSERT INTO "ledger" VALUES(X'BAD53C2024F9C9DD70B1AEFBC734196E',20782);
INSERT INTO "ledger" VALUES(X'BB90E4591C8124278C221B6DD4383089',20782);
INSERT INTO "ledger" VALUES(X'BC8AF79CA7979BAC17AB11F0FD08EEE3',20782);
INSERT INTO "ledger" VALUES(X'BEB2ED835574556D9EA7502F050B93C5',20782);
INSERT INTO "ledger" VALUES(X'BFDD461B1F8DE593F5F3DF90BEFB89E7',20782);
INSERT INTO "ledger" VALUES(X'C016B1A2170E414B906206D9AE840393',20782);
INSERT INTO "ledger" VALUES(X'C27F1F4E9EEAD68566025212816A80B7',20782);
INSERT INTO "ledger" VALUES(X'C30105D85CF61E967DB86B9E29BD67AB',20782);
INSERT INTO "ledger" VALUES(X'C4410973FB215754B0D4B33C66507925',20782);
INSERT INTO "ledger" VALUES(X'C539660415E4D73B9AB3F3CCC2068A2D',20782);
INSERT INTO "ledger" VALUES(X'C5D426686ACB88DCFF996905DF0B52D4',20782);
INSERT INTO "ledger" VALUES(X'C608FD073BF1C27CC70A09AD7093F391',20782);
INSERT INTO "ledger" VALUES(X'C6C5475BC90B36AC42593268572D3574',20782);
INSERT INTO "ledger" VALUES(X'CB152C6E77B8D7DFB752AE99310884D4',20782);
INSERT INTO "ledger" VALUES(X'CC847F24A309E95B2BD86EF95C09559A',20782);
INSERT INTO "ledger" VALUES(X'CCD7D2C522C12FA3AE0D8B461C71A0E0',20782);
INSERT INTO "ledger" VALUES(X'D0CA4055AE036EF588FBC8EA0E2687D2',20782);
INSERT INTO "ledger" VALUES(X'D0CA42523BB89231D0F091ED5F21E3BD',20782);
INSERT INTO "ledger" VALUES(X'D2E6FE8895B56F9F2FA4C74AE4C7F50C',20782);
INSERT INTO "ledger" VALUES(X'D3E140F77A45B03047A0AFED5F8B765C',20782);
INSERT INTO "ledger" VALUES(X'D652EE2B1FEEBD4EABC59BDBBE092ED2',20782);
INSERT INTO "ledger" VALUES(X'D6D1DE180700804A9C7A8A4AAD181417',20782);
INSERT INTO "ledger" VALUES(X'D8109DB68EB8375C2BC25FF6B1B63A09',20782);
INSERT INTO "ledger" VALUES(X'D9D2B5CF59B0C0C7A1BF07607115487C',20782);
INSERT INTO "ledger" VALUES(X'DAB97C1EB36B4F98C06C695167D54A21',20782);
INSERT INTO "ledger" VALUES(X'DD5E4E8C17ACC38F5CD73047CB40450D',20782);
INSERT INTO "ledger" VALUES(X'DDD82424C064F0C4DE12D298154E8E91',20782);
INSERT INTO "ledger" VALUES(X'DE6561E54FF741CA4F0452DE3811DE31',20782);
INSERT INTO "ledger" VALUES(X'DF94346DA1BCB50AB1EF7E78B448F101',20782);
INSERT INTO "ledger" VALUES(X'DFE15064CF011F56FC039A55FB1BC22C',20782);
INSERT INTO "ledger" VALUES(X'E1745E9A5B625D04DA596CBD7C4B8587',20782);
INSERT INTO "ledger" VALUES(X'E3208E60ADB8515EC145A25E7EA10477',20782);
INSERT INTO "ledger" VALUES(X'E4DF53B45FEBF394E569A7E8A7C3715C',20782);
INSERT INTO "ledger" VALUES(X'E557CD400C4302DEB90BFF6EE3B03CF2',20782);
INSERT INTO "ledger" VALUES(X'E7BBBED4410225AE5864711943583A19',20782);
INSERT INTO "ledger" VALUES(X'EA28A3704D3B41DC2DBBCADD2DA13CBE',20782);
INSERT INTO "ledger" VALUES(X'ED163829C3CB58E91D83508774080288',20782);
INSERT INTO "ledger" VALUES(X'EE9CF02B4B1F4E73ACB0534D3BF1667F',20782);
INSERT INTO "ledger" VALUES(X'EFEDEB6B2FA3AFC65A5395C0AC009229',20782);
INSERT INTO "ledger" VALUES(X'F0F42B41E599774186BE62E92536EBCF',20782);
INSERT INTO "ledger" VALUES(X'F0FDB3E7175562F90544088F968E49AF',20782);
INSERT INTO "ledger" VALUES(X'F1404CDE042C5B65DFFEF64D6F4D6282',20782);
INSERT INTO "ledger" VALUES(X'F1AADBAFC4443330C65ECF3424EAC20C',20782);
INSERT INTO "ledger" VALUES(X'F258ED669B5FBAAEF8790D00971F2DD0',20782);
INSERT INTO "ledger" VALUES(X'F2EFA7B5C503824754E14AFADEE14531',20782);
INSERT INTO "ledger" VALUES(X'F42EC5CDEB9D10EC7C5636B63194D568',20782);
INSERT INTO "ledger" VALUES(X'F5EB759A4B0E6598839669FA07E081FB',20782);
INSERT INTO "ledger" VALUES(X'F60113BE769047AE74577EC2AC7BD120',20782);
INSERT INTO "ledger" VALUES(X'F60C189C5A4670F45265F9897F260267',20782);
INSERT INTO "ledger" VALUES(X'F6CB34C70CA1E6F8C1778EFC9717FA75',20782);
INSERT INTO "ledger" VALUES(X'F9AEAA4496997F27C0D6100E72661A15',20782);
INSERT INTO "ledger" VALUES(X'FA32F425340B56D913B6B55939B16693',20782);
INSERT INTO "ledger" VALUES(X'FBBDB7E700EC8DF026FA9425D639C47E',20782);
INSERT INTO "ledger" VALUES(X'FBCBA92A2A5AB143A0FDC695F4F9C7BC',20782);
INSERT INTO "ledger" VALUES(X'FD13192FEE10CC90B1D33FC9F7631913',20782);
INSERT INTO "ledger" VALUES(X'FE689F2674F44EEA55DD218A6A61D6B9',20782);
INSERT INTO "ledger" VALUES(X'FFCA38FBC7EAA410E59A0365840A138E',20782);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "meta" VALUES('schema_version','1');
CREATE TABLE minutes (
    cluster_id TEXT NOT NULL, minute INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, minute)
) WITHOUT ROWID;
INSERT INTO "minutes" VALUES('03e0f3966f43',29467265,1);
INSERT INTO "minutes" VALUES('1691ffa3bc25',29467260,2);
INSERT INTO "minutes" VALUES('1691ffa3bc25',29467261,1);
INSERT INTO "minutes" VALUES('1691ffa3bc25',29467262,2);
INSERT INTO "minutes" VALUES('1691ffa3bc25',29467263,1);
INSERT INTO "minutes" VALUES('1691ffa3bc25',29467264,2);
INSERT INTO "minutes" VALUES('1691ffa3bc25',29467265,1);
INSERT INTO "minutes" VALUES('21119dd82ff0',29296836,1);
INSERT INTO "minutes" VALUES('247c31f86893',29467260,3);
INSERT INTO "minutes" VALUES('247c31f86893',29467261,2);
INSERT INTO "minutes" VALUES('247c31f86893',29467262,3);
INSERT INTO "minutes" VALUES('247c31f86893',29467263,2);
INSERT INTO "minutes" VALUES('247c31f86893',29467264,2);
INSERT INTO "minutes" VALUES('247c31f86893',29467265,3);
INSERT INTO "minutes" VALUES('247c31f86893',29467266,2);
INSERT INTO "minutes" VALUES('247c31f86893',29467267,3);
INSERT INTO "minutes" VALUES('2fb7fe4abbac',29467260,2);
INSERT INTO "minutes" VALUES('2fb7fe4abbac',29467261,2);
INSERT INTO "minutes" VALUES('2fb7fe4abbac',29467262,2);
INSERT INTO "minutes" VALUES('2fb7fe4abbac',29467263,2);
INSERT INTO "minutes" VALUES('2fb7fe4abbac',29467264,2);
INSERT INTO "minutes" VALUES('2fb7fe4abbac',29467265,2);
INSERT INTO "minutes" VALUES('325e63ee8672',29467260,6);
INSERT INTO "minutes" VALUES('325e63ee8672',29467261,5);
INSERT INTO "minutes" VALUES('325e63ee8672',29467262,6);
INSERT INTO "minutes" VALUES('325e63ee8672',29467263,5);
INSERT INTO "minutes" VALUES('325e63ee8672',29467264,6);
INSERT INTO "minutes" VALUES('325e63ee8672',29467265,5);
INSERT INTO "minutes" VALUES('325e63ee8672',29467266,6);
INSERT INTO "minutes" VALUES('325e63ee8672',29467267,1);
INSERT INTO "minutes" VALUES('3e2a8e59ac69',29467260,2);
INSERT INTO "minutes" VALUES('3e2a8e59ac69',29467261,2);
INSERT INTO "minutes" VALUES('3e2a8e59ac69',29467262,2);
INSERT INTO "minutes" VALUES('3e2a8e59ac69',29467263,2);
INSERT INTO "minutes" VALUES('3e2a8e59ac69',29467264,2);
INSERT INTO "minutes" VALUES('3e2a8e59ac69',29467265,2);
INSERT INTO "minutes" VALUES('57cea6cb4b49',29467260,3);
INSERT INTO "minutes" VALUES('57cea6cb4b49',29467261,3);
INSERT INTO "minutes" VALUES('57cea6cb4b49',29467262,3);
INSERT INTO "minutes" VALUES('57cea6cb4b49',29467263,3);
INSERT INTO "minutes" VALUES('57cea6cb4b49',29467264,3);
INSERT INTO "minutes" VALUES('57cea6cb4b49',29467265,3);
INSERT INTO "minutes" VALUES('5a433eaaaa21',29467260,2);
INSERT INTO "minutes" VALUES('5a433eaaaa21',29467261,1);
INSERT INTO "minutes" VALUES('5a433eaaaa21',29467262,1);
INSERT INTO "minutes" VALUES('5a433eaaaa21',29467263,1);
INSERT INTO "minutes" VALUES('70706797dcd1',29467260,1);
INSERT INTO "minutes" VALUES('70706797dcd1',29467261,1);
INSERT INTO "minutes" VALUES('70706797dcd1',29467262,1);
INSERT INTO "minutes" VALUES('70706797dcd1',29467263,1);
INSERT INTO "minutes" VALUES('70706797dcd1',29467264,1);
INSERT INTO "minutes" VALUES('70706797dcd1',29467265,1);
INSERT INTO "minutes" VALUES('71cd10aeda33',29296998,1);
INSERT INTO "minutes" VALUES('8c2add89ed4c',29467260,3);
INSERT INTO "minutes" VALUES('8c2add89ed4c',29467261,2);
INSERT INTO "minutes" VALUES('8c2add89ed4c',29467262,3);
INSERT INTO "minutes" VALUES('8c2add89ed4c',29467263,2);
INSERT INTO "minutes" VALUES('8c2add89ed4c',29467264,2);
INSERT INTO "minutes" VALUES('8c2add89ed4c',29467265,3);
INSERT INTO "minutes" VALUES('9a17ef9899fa',29296986,1);
INSERT INTO "minutes" VALUES('9a17ef9899fa',29297036,1);
INSERT INTO "minutes" VALUES('aca9c14948ea',29296948,1);
INSERT INTO "minutes" VALUES('aca9c14948ea',29297015,1);
INSERT INTO "minutes" VALUES('aca9c14948ea',29297062,1);
INSERT INTO "minutes" VALUES('aca9c14948ea',29297088,1);
INSERT INTO "minutes" VALUES('aca9c14948ea',29297114,1);
INSERT INTO "minutes" VALUES('aded52150dfe',29467265,3);
INSERT INTO "minutes" VALUES('e57d13749b13',29296815,1);
INSERT INTO "minutes" VALUES('e57d13749b13',29296935,1);
INSERT INTO "minutes" VALUES('eb7012cca548',29467260,2);
INSERT INTO "minutes" VALUES('eb7012cca548',29467261,1);
INSERT INTO "minutes" VALUES('eb7012cca548',29467262,2);
INSERT INTO "minutes" VALUES('eb7012cca548',29467263,1);
INSERT INTO "minutes" VALUES('eb7012cca548',29467264,2);
INSERT INTO "minutes" VALUES('eb7012cca548',29467265,1);
CREATE TABLE quarantine (
    id TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    raw BLOB NOT NULL,
    size INTEGER NOT NULL,
    source TEXT NOT NULL,
    byte_offset INTEGER NOT NULL,
    at INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO "quarantine" VALUES('64d0750d4114e4f6aabf2b47','not a log entry: Invalid JSON: expected ident at line 1 column 2',X'74686973206973206E6F206C6F6720656E747279',20,'file:made-up.ndjson',65759,1795623481153959);
CREATE TABLE revisions (
    cluster_id TEXT NOT NULL, revision TEXT NOT NULL, n INTEGER NOT NULL,
    first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, revision)
) WITHOUT ROWID;
INSERT INTO "revisions" VALUES('03e0f3966f43','edge-00007-abc',1,1768035900000000,1768035900000000);
INSERT INTO "revisions" VALUES('1691ffa3bc25','cart-00007-abc',9,1768035600000000,1768035920000000);
INSERT INTO "revisions" VALUES('21119dd82ff0','netra-backend-staging-00606-c86',5,1757747877004180,1757810191611933);
INSERT INTO "revisions" VALUES('247c31f86893','checkout-00007-abc',20,1768035600000000,1768036075000000);
INSERT INTO "revisions" VALUES('2fb7fe4abbac','reports-00007-abc',12,1768035600000000,1768035941000000);
INSERT INTO "revisions" VALUES('325e63ee8672','orders-00007-abc',40,1768035600000000,1768036029000000);
INSERT INTO "revisions" VALUES('3e2a8e59ac69','reports-00007-abc',12,1768035600000000,1768035930000000);
INSERT INTO "revisions" VALUES('57cea6cb4b49','checkout-00007-abc',18,1768035600000000,1768035940000000);
INSERT INTO "revisions" VALUES('5a433eaaaa21','mail-00007-abc',5,1768035600000000,1768035800000000);
INSERT INTO "revisions" VALUES('70706797dcd1','orders-00007-abc',6,1768035600000000,1768035900000000);
INSERT INTO "revisions" VALUES('71cd10aeda33','netra-backend-staging-00606-c86',10,1757747116044655,1757819900367128);
INSERT INTO "revisions" VALUES('8c2add89ed4c','checkout-00007-abc',15,1768035600000000,1768035950000000);
INSERT INTO "revisions" VALUES('9a17ef9899fa','netra-backend-staging-00606-c86',7,1757770398640476,1757822167480941);
INSERT INTO "revisions" VALUES('aca9c14948ea','netra-backend-staging-00606-c86',22,1757751768378206,1757826887005700);
INSERT INTO "revisions" VALUES('aded52150dfe','edge-00007-abc',3,1768035900000000,1768035900000000);
INSERT INTO "revisions" VALUES('e57d13749b13','netra-backend-staging-00606-c86',6,1757797536806304,1757816137133581);
INSERT INTO "revisions" VALUES('eb7012cca548','cart-00007-abc',9,1768035600000000,1768035928000000);
CREATE TABLE severities (
    cluster_id TEXT NOT NULL, severity INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, severity)
) WITHOUT ROWID;
INSERT INTO "severities" VALUES('03e0f3966f43',500,1);
INSERT INTO "severities" VALUES('1691ffa3bc25',400,9);
INSERT INTO "severities" VALUES('21119dd82ff0',400,5);
INSERT INTO "severities" VALUES('247c31f86893',400,20);
INSERT INTO "severities" VALUES('2fb7fe4abbac',500,12);
INSERT INTO "severities" VALUES('325e63ee8672',500,40);
INSERT INTO "severities" VALUES('3e2a8e59ac69',500,12);
INSERT INTO "severities" VALUES('57cea6cb4b49',500,18);
INSERT INTO "severities" VALUES('5a433eaaaa21',500,5);
INSERT INTO "severities" VALUES('70706797dcd1',500,6);
INSERT INTO "severities" VALUES('71cd10aeda33',400,10);
INSERT INTO "severities" VALUES('8c2add89ed4c',500,15);
INSERT INTO "severities" VALUES('9a17ef9899fa',500,7);
INSERT INTO "severities" VALUES('aca9c14948ea',400,22);
INSERT INTO "severities" VALUES('aded52150dfe',500,3);
INSERT INTO "severities" VALUES('e57d13749b13',500,6);
INSERT INTO "severities" VALUES('eb7012cca548',400,9);
CREATE TABLE streams (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    service TEXT NOT NULL,
    kind TEXT NOT NULL,
    rev INTEGER NOT NULL,
    UNIQUE (project, service, kind)
);
INSERT INTO "streams" VALUES(1,'netra-staging','netra-backend-staging','text',1);
INSERT INTO "streams" VALUES(2,'netra-staging','netra-backend-staging','http',1);
INSERT INTO "streams" VALUES(3,'shop-prod','checkout','text',1);
INSERT INTO "streams" VALUES(4,'shop-prod','orders','text',1);
INSERT INTO "streams" VALUES(5,'shop-prod','reports','text',2);
INSERT INTO "streams" VALUES(6,'shop-prod','cart','text',3);
INSERT INTO "streams" VALUES(7,'shop-prod','orders','exception',1);
INSERT INTO "streams" VALUES(8,'shop-prod','checkout','http',1);
INSERT INTO "streams" VALUES(9,'shop-prod','mail','text',1);
INSERT INTO "streams" VALUES(10,'shop-prod','edge','text',1);
INSERT INTO "streams" VALUES(11,'shop-prod','edge','exception',1);
CREATE TABLE workers (
    id TEXT PRIMARY KEY,
    heartbeat_at INTEGER NOT NULL,
    version TEXT NOT NULL,
    counted INTEGER NOT NULL,
    duplicates INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    ignored INTEGER NOT NULL,
    lag_s REAL NOT NULL
) WITHOUT ROWID;
INSERT INTO "workers" VALUES('host-28996-bfd7',1795623467750775,'0.1.0',50,0,0,0,37813276.138842);
INSERT INTO "workers" VALUES('host-29055-b68d',1795623469894046,'0.1.0',146,0,0,0,27587669.894046);
INSERT INTO "workers" VALUES('host-29196-8d99',1795623481165285,'0.1.0',4,146,1,0,27587581.165285);
CREATE INDEX clusters_by_stream ON clusters (stream_id, rev);
CREATE INDEX ledger_by_day ON ledger (day);
COMMIT;
