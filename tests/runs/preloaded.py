"""What takes seconds to import, for processes that are forked off."""

from inkwright.agents.llm.offline import stay_offline

stay_offline()

import chromadb  # noqa: E402, F401
import litellm  # noqa: E402, F401

import inkwright.agents.orchestration.run  # noqa: E402
import inkwright.app.batch.batch  # noqa: E402
import inkwright.app.cli  # noqa: E402, F401
